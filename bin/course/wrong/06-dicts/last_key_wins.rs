//! Accepts a duplicate key, and the last value wins.
//!
//! Fails: DICT-10

impl<'de> Visitor<'de> for Object<'_> {
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let inside = deeper(self.nesting)?;
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            self.budget.take()?;
            let any = Any { nesting: inside, budget: self.budget };
            let value = access.next_value_seed(any)?;
            map.insert(key, value);
        }
        Ok(map)
    }
}
