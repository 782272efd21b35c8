//! Colours for names.
//!
//! Each name has a preferred colour, which is the same in every client. If two people who are present
//! prefer the same colour, the second gets another one while one is free. A person keeps their colour
//! while they are present, and so do the people who spoke in the latest messages that a client shows at its login: when it
//! learns who is present, those of them have theirs already.

/// Colours of the 256-colour palette that differ from each other and are readable on black and on white
/// (a test computes their contrast).
const COLOURS: [u8; 14] = [28, 31, 33, 65, 95, 97, 99, 100, 129, 130, 163, 168, 196, 197];

/// The colours of the people who are present.
#[derive(Debug, Default)]
pub(crate) struct Palette {
    /// The name that has each colour.
    holders: [Option<String>; COLOURS.len()],
}

impl Palette {
    /// The colour of a name. A person who is not present has their preferred colour, and so has a person
    /// for whom no colour was free.
    pub(crate) fn colour(&self, name: &str) -> u8 {
        let held = |holder: &Option<String>| {
            holder.as_ref().is_some_and(|holder| holder.eq_ignore_ascii_case(name))
        };
        let slot = self.holders.iter().position(held).unwrap_or_else(|| preferred(name));
        #[expect(clippy::indexing_slicing, reason = "both are indices of colours")]
        COLOURS[slot]
    }

    /// Gives a name a colour while the person is present: their preferred colour, or the next free one. A name keeps the
    /// colour that it has.
    pub(crate) fn arrive(&mut self, name: &str) {
        if self.has(name) {
            return;
        }
        let preferred = preferred(name);
        let (before, from) = self.holders.split_at_mut(preferred);
        if let Some(free) = from.iter_mut().chain(before).find(|holder| holder.is_none()) {
            *free = Some(name.to_owned());
        }
    }

    /// Gives these names colours, and no others. A name keeps the one that it has. A person whose preferred colour is free gets
    /// it, whatever their place in the list. `me` comes first, so that it has the colour of the prompt.
    pub(crate) fn replace<'a>(
        &mut self,
        me: Option<&'a str>,
        names: impl Iterator<Item = &'a str> + Clone,
    ) {
        let names = me.into_iter().chain(names);
        for holder in &mut self.holders {
            holder.take_if(|holder| !names.clone().any(|name| holder.eq_ignore_ascii_case(name)));
        }
        for name in names.clone() {
            if !self.has(name) {
                #[expect(clippy::indexing_slicing, reason = "a preferred colour is an index")]
                self.holders[preferred(name)].get_or_insert_with(|| name.to_owned());
            }
        }
        names.for_each(|name| self.arrive(name));
    }

    fn has(&self, name: &str) -> bool {
        self.holders.iter().flatten().any(|holder| holder.eq_ignore_ascii_case(name))
    }

    /// Frees the colour of a name.
    pub(crate) fn leave(&mut self, name: &str) {
        for holder in &mut self.holders {
            holder.take_if(|holder| holder.eq_ignore_ascii_case(name));
        }
    }
}

/// The preferred colour of a name, in any letter case, as an index: the hash FNV-1a.
fn preferred(name: &str) -> usize {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0193)
    });
    (hash >> 8) as usize % COLOURS.len()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The relative luminance of a colour of the 6×6×6 cube, as WCAG 2 defines it.
    fn luminance(colour: u8) -> f64 {
        let level = |step: u8| [0, 95, 135, 175, 215, 255][usize::from(step)];
        let linear = |step: u8| {
            let value = f64::from(level(step)) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        let cube = colour - 16;
        0.2126 * linear(cube / 36) + 0.7152 * linear(cube / 6 % 6) + 0.0722 * linear(cube % 6)
    }

    #[test]
    fn every_colour_is_readable_on_black_and_on_white() {
        assert_eq!(BTreeSet::from(COLOURS).len(), COLOURS.len());
        for colour in COLOURS {
            let luminance = luminance(colour);
            let (on_black, on_white) = ((luminance + 0.05) / 0.05, 1.05 / (luminance + 0.05));
            // No colour has more than 4.58 on both. WCAG asks for 3 for large text.
            assert!(on_black >= 3.5 && on_white >= 3.5, "{colour}: {on_black}, {on_white}");
        }
    }

    #[test]
    fn people_who_are_present_have_different_colours_while_there_are_enough() {
        let names: Vec<String> = (0..COLOURS.len()).map(|number| format!("n{number}")).collect();
        let (mut replaced, mut arrived) = (Palette::default(), Palette::default());
        replaced.replace(None, names.iter().map(String::as_str));
        names.iter().for_each(|name| arrived.arrive(name));
        for palette in [&replaced, &arrived] {
            let colours: BTreeSet<u8> = names.iter().map(|name| palette.colour(name)).collect();
            assert_eq!(colours.len(), COLOURS.len());
        }
        // One more has their preferred colour, and so has each of them when alone.
        arrived.arrive("one_more");
        assert_eq!(arrived.colour("one_more"), Palette::default().colour("one_more"));
        // A free colour is used again.
        let free = arrived.colour("n3");
        arrived.leave("N3");
        arrived.arrive("one_more");
        assert_eq!(arrived.colour("one_more"), free);
    }

    #[test]
    fn a_colour_stays_when_the_people_are_listed_or_come_again() {
        let alone = |name: &str| Palette::default().colour(name);
        let other = (0..1000).map(|number| format!("n{number}"));
        let other = other.into_iter().find(|name| alone(name) == alone("alice")).unwrap();
        let mut palette = Palette::default();
        ["me", &other, "alice"].iter().for_each(|name| palette.arrive(name));
        let colour = palette.colour("alice");
        assert_ne!(colour, alone("alice"));
        palette.replace(Some("me"), ["alice", &other].into_iter());
        assert_eq!(palette.colour("alice"), colour);
        palette.leave(&other);
        palette.arrive("alice");
        palette.replace(Some("me"), ["alice"].into_iter());
        assert_eq!(palette.colour("alice"), colour, "the preferred one is free");
    }

    #[test]
    fn a_name_has_the_same_colour_in_every_client_while_it_collides_with_no_other() {
        let alone = |name: &str| Palette::default().colour(name);
        assert_eq!(alone("alice"), alone("ALICE"));
        let colliding: Vec<String> = (0..1000)
            .map(|number| format!("n{number}"))
            .filter(|name| alone(name) == alone("alice"))
            .take(3)
            .collect();
        let mut palette = Palette::default();
        palette
            .replace(Some("alice"), colliding.iter().map(String::as_str).chain(["bob", "Alice"]));
        assert_eq!(palette.colour("alice"), alone("alice"));
        assert_eq!(palette.colour("bob"), alone("bob"));
        let others: BTreeSet<u8> = colliding.iter().map(|name| palette.colour(name)).collect();
        assert!(
            others.len() == 3
                && !others.contains(&alone("alice"))
                && !others.contains(&alone("bob"))
        );
    }
}
