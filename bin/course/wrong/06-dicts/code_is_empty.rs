//! Writes the code of an error that has none, as an empty text.
//!
//! Fails: DICT-7

impl Response {
    pub fn to_dict(&self) -> Dict {
        let mut dict = Dict::new().with(RESPONSE, self.name.as_ref());
        match &self.outcome {
            Ok(body) => {
                for (key, value) in body.iter() {
                    dict.insert(key, value.clone());
                }
            }
            Err(failure) => {
                dict.insert(ERROR, failure.text.as_str());
                dict.insert(CODE, &*failure.code);
            }
        }
        if let Some(tag) = &self.tag {
            dict.insert(TAG, tag.clone());
        }
        dict
    }
}
