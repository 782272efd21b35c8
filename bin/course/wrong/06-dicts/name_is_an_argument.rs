//! Leaves `request` and `tag` among the arguments.
//!
//! Fails: DICT-3

impl Request {
    pub fn from_dict(dict: Dict) -> Result<Request, Box<Unreadable>> {
        let tag = dict.get(TAG).cloned();
        match dict.string(REQUEST) {
            Ok(name) => Ok(Request { name: name.to_owned(), arguments: dict.clone(), tag }),
            Err(error) => Err(Box::new(Unreadable { error: error.into(), tag })),
        }
    }
}
