//! Takes the tag `null` for no tag, so the answer does not repeat it.
//!
//! Fails: DICT-3

impl Request {
    pub fn from_dict(mut dict: Dict) -> Result<Request, Box<Unreadable>> {
        let tag = dict.remove(TAG).filter(|tag| !tag.is_null());
        match dict.string(REQUEST).map(str::to_owned) {
            Ok(name) => {
                dict.remove(REQUEST);
                Ok(Request { name, arguments: dict, tag })
            }
            Err(error) => Err(Box::new(Unreadable { error: error.into(), tag })),
        }
    }
}
