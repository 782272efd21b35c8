//! Returns the error before it has looked at the tag.
//!
//! Fails: DICT-4

impl Request {
    pub fn from_dict(mut dict: Dict) -> Result<Request, Box<Unreadable>> {
        let name = dict.string(REQUEST).map_err(crate::ParseError::from)?.to_owned();
        let tag = dict.remove(TAG);
        dict.remove(REQUEST);
        Ok(Request { name, arguments: dict, tag })
    }
}
