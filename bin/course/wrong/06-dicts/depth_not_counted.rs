//! Gives the values the same nesting as the object, so only lists count.
//!
//! Fails: DICT-11

impl<'de> Visitor<'de> for Object<'_> {
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(de::Error::custom(format_args!("duplicate key {key:?}")));
            }
            self.budget.take()?;
            let any = Any { nesting: self.nesting, budget: self.budget };
            let value = access.next_value_seed(any)?;
            map.insert(key, value);
        }
        Ok(map)
    }
}
