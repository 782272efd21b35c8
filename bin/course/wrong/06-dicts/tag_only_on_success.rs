//! Repeats the tag only if the request succeeded.
//!
//! Fails: DICT-5, DICT-6

impl Response {
    pub fn to_dict(&self) -> Dict {
        let mut dict = Dict::new().with(RESPONSE, self.name.as_ref());
        let body = match &self.outcome {
            Ok(body) => body,
            Err(failure) => {
                dict.insert(ERROR, failure.text.as_str());
                if !failure.code.is_empty() {
                    dict.insert(CODE, &*failure.code);
                }
                return dict;
            }
        };
        for (key, value) in body.iter() {
            dict.insert(key, value.clone());
        }
        if let Some(tag) = &self.tag {
            dict.insert(TAG, tag.clone());
        }
        dict
    }
}
