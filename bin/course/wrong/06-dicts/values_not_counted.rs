//! Reads the values with `next_value`, by the usual rules: no budget, no limit on nesting, and
//! duplicate keys in inner objects.
//!
//! Fails: DICT-10, DICT-11, DICT-12

impl<'de> Visitor<'de> for Object<'_> {
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(de::Error::custom(format_args!("duplicate key {key:?}")));
            }
            map.insert(key, access.next_value()?);
        }
        Ok(map)
    }
}
