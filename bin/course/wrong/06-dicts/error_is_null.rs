//! Always has the key `error`, with `null` for success.
//!
//! Fails: DICT-5, DICT-6, DICT-13

impl Response {
    pub fn to_dict(&self) -> Dict {
        let mut dict = Dict::new().with(RESPONSE, self.name.as_ref()).with(ERROR, Value::Null);
        match &self.outcome {
            Ok(body) => {
                for (key, value) in body.iter() {
                    dict.insert(key, value.clone());
                }
            }
            Err(failure) => {
                dict.insert(ERROR, failure.text.as_str());
                if !failure.code.is_empty() {
                    dict.insert(CODE, &*failure.code);
                }
            }
        }
        if let Some(tag) = &self.tag {
            dict.insert(TAG, tag.clone());
        }
        dict
    }
}
