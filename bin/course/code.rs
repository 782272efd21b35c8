//! Rust code as text with places in it: the bodies of functions, and the tests.
//!
//! The text is parsed to find the places, and then edited as text, so that all else stays as it was
//! written: comments, line breaks, and the order of items.

use std::ops::Range;

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Attribute, Block, ImplItem, Item, TraitItem, Type};

/// A parsed file.
pub(crate) struct Code {
    text: String,
    file: syn::File,
}

/// A function in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Function {
    /// The modules around it, the type, and the name: `tests::Tested::open`.
    pub(crate) path: String,
    /// The same with the trait: `<Type as Trait>::name`; equal to `path` for other functions.
    pub(crate) full: String,
    /// The body with its braces.
    pub(crate) body: Range<usize>,
    /// The whole function with its attributes and comments.
    pub(crate) whole: Range<usize>,
}

impl Code {
    /// Parses a file. The error names the line.
    pub(crate) fn parse(text: &str) -> Result<Code, String> {
        // The places are byte offsets without the mark of the encoding.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
        let file = syn::parse_file(&text).map_err(|error| {
            let place = error.span().start();
            format!("line {}: {error}", place.line)
        })?;
        Ok(Code { text, file })
    }

    #[cfg(test)]
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// All functions, also those of types, traits and inner modules.
    pub(crate) fn functions(&self) -> Vec<Function> {
        let mut found = Vec::new();
        collect(&self.file.items, "", &mut found);
        found
    }

    /// Finds a function by its path. The error lists the functions of the file.
    pub(crate) fn function(&self, path: &str) -> Result<Function, String> {
        let all = self.functions();
        let mut named = all.iter().filter(|it| it.path == path || it.full == path);
        match (named.next(), named.next()) {
            (Some(one), None) => Ok(one.clone()),
            (Some(_), Some(_)) => Err(format!("{path} is the name of several functions")),
            (None, _) => {
                let paths: Vec<&str> = all.iter().map(|it| it.path.as_str()).collect();
                Err(format!("there is no function {path}; there are {}", paths.join(", ")))
            }
        }
    }

    /// The places of the items that only tests have: modules, functions and imports with
    /// `#[cfg(test)]` at the top of the file.
    pub(crate) fn tests(&self) -> Vec<Range<usize>> {
        self.file
            .items
            .iter()
            .filter(|item| attributes(item).iter().any(is_for_tests))
            .map(|item| self.lines_of(item.span().byte_range()))
            .collect()
    }

    /// The names of the modules in separate files that only tests have.
    pub(crate) fn test_modules(&self) -> Vec<String> {
        self.file
            .items
            .iter()
            .filter_map(|item| match item {
                Item::Mod(module) if module.content.is_none() => Some(module),
                _ => None,
            })
            .filter(|module| module.attrs.iter().any(is_for_tests))
            .map(|module| module.ident.to_string())
            .collect()
    }

    /// The text from the beginning of the line to the end of the line.
    fn lines_of(&self, range: Range<usize>) -> Range<usize> {
        let begin = self.text[..range.start].rfind('\n').map_or(0, |at| at + 1);
        let end =
            self.text[range.end..].find('\n').map_or(self.text.len(), |at| range.end + at + 1);
        begin..end
    }

    /// The indentation of the line in which a place is.
    fn indentation(&self, at: usize) -> &str {
        let begin = self.text[..at].rfind('\n').map_or(0, |at| at + 1);
        let line = &self.text[begin..];
        &line[..line.len() - line.trim_start_matches(' ').len()]
    }

    /// Replaces the bodies of functions by `todo!` with a message for each.
    pub(crate) fn with_holes(&self, holes: &[(Function, String)]) -> String {
        let edits = holes.iter().map(|(function, message)| {
            let inside = self.indentation(function.body.start).to_owned();
            (function.body.clone(), format!("{{\n{inside}    todo!({message:?})\n{inside}}}"))
        });
        replaced(&self.text, edits.collect())
    }

    /// Removes test functions by their names, wherever they are in the file.
    pub(crate) fn without(&self, tests: &[String]) -> Result<String, String> {
        let all = self.functions();
        let mut edits = Vec::new();
        for test in tests {
            let name = |it: &&Function| it.path.rsplit("::").next() == Some(test);
            let function =
                all.iter().find(name).ok_or_else(|| format!("there is no test {test}"))?;
            edits.push((self.lines_of(function.whole.clone()), String::new()));
        }
        Ok(replaced(&self.text, edits))
    }

    /// Replaces the tests of the file by those of another.
    pub(crate) fn with_tests_of(&self, other: &Code) -> String {
        let none = self.tests().into_iter().map(|range| (range, String::new())).collect();
        let mut text = replaced(&self.text, none);
        for range in other.tests() {
            text.truncate(text.trim_end().len());
            text.push_str("\n\n");
            text.push_str(&other.text[range]);
        }
        text
    }

    /// Replaces the bodies of functions by those that another file has under the same paths, and appends
    /// its functions that are neither here nor elsewhere. It is an error if it has no function that is
    /// here.
    pub(crate) fn with_bodies_of(
        &self,
        other: &Code,
        elsewhere: &[String],
    ) -> Result<String, String> {
        let (mine, theirs) = (self.functions(), other.functions());
        let mut edits = Vec::new();
        let mut added = String::new();
        for function in &theirs {
            let body = other.text[function.body.clone()].to_owned();
            match mine.iter().find(|it| it.full == function.full || it.path == function.path) {
                Some(here) => edits.push((here.body.clone(), body)),
                None if elsewhere.contains(&function.path) => {}
                None => {
                    added.push('\n');
                    added.push_str(&other.text[other.lines_of(function.whole.clone())]);
                }
            }
        }
        if edits.is_empty() {
            return Err("it has no function of the file that it changes".to_owned());
        }
        Ok(replaced(&self.text, edits) + &added)
    }
}

/// Applies edits that do not overlap.
fn replaced(text: &str, mut edits: Vec<(Range<usize>, String)>) -> String {
    edits.sort_by_key(|(range, _)| range.start);
    let mut result = String::with_capacity(text.len());
    let mut done = 0;
    for (range, new) in edits {
        result.push_str(&text[done..range.start]);
        result.push_str(&new);
        done = range.end;
    }
    result.push_str(&text[done..]);
    result
}

fn collect(items: &[Item], inside: &str, found: &mut Vec<Function>) {
    let path = |name: &str| format!("{inside}{name}");
    for item in items {
        match item {
            Item::Fn(item) => {
                let path = path(&item.sig.ident.to_string());
                found.push(function(&path, &path, &item.block, item.span()));
            }
            Item::Mod(module) => {
                if let Some((_, items)) = &module.content {
                    collect(items, &path(&format!("{}::", module.ident)), found);
                }
            }
            Item::Impl(block) => {
                let Some(of) = type_name(&block.self_ty) else { continue };
                let of_trait = block.trait_.as_ref().and_then(|(path, _)| path.segments.last());
                let full = match of_trait {
                    Some(of_trait) => path(&format!("<{of} as {}>", of_trait.ident)),
                    None => path(&of),
                };
                for item in &block.items {
                    if let ImplItem::Fn(item) = item {
                        let name = &item.sig.ident;
                        let short = format!("{}::{name}", path(&of));
                        let full = format!("{full}::{name}");
                        found.push(function(&short, &full, &item.block, item.span()));
                    }
                }
            }
            Item::Trait(of) => {
                for item in &of.items {
                    if let TraitItem::Fn(item) = item
                        && let Some(block) = &item.default
                    {
                        let path = path(&format!("{}::{}", of.ident, item.sig.ident));
                        found.push(function(&path, &path, block, item.span()));
                    }
                }
            }
            _ => {}
        }
    }
}

fn function(path: &str, full: &str, body: &Block, whole: Span) -> Function {
    let braces = body.brace_token.span;
    Function {
        path: path.to_owned(),
        full: full.to_owned(),
        body: braces.open().byte_range().start..braces.close().byte_range().end,
        whole: whole.byte_range(),
    }
}

/// The last name of a type: `Decoder` of `&mut lines::Decoder<'_>`.
fn type_name(of: &Type) -> Option<String> {
    match of {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        Type::Reference(reference) => type_name(&reference.elem),
        _ => None,
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Fn(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Const(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        _ => &[],
    }
}

/// Returns whether an attribute is `#[cfg(test)]` or `#[cfg(all(test, …))]`.
fn is_for_tests(attribute: &Attribute) -> bool {
    let is_cfg = attribute.path().is_ident("cfg");
    is_cfg && {
        let text = attribute.span().source_text().unwrap_or_default();
        text.contains("(test") && !text.contains("not(test")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "//! A file.

/// Adds.
pub fn add(a: u32) -> u32 {
    // Secret.
    a + 1
}

impl Iterator for Lines<'_> {
    fn next(&mut self) -> Option<u32> { None }
}

impl<'a> Lines<'a> {
    /// Takes.
    fn take(&mut self) {
        if true {
            self.x();
        }
    }
}

trait Shape {
    fn area(&self) -> u32 {
        4
    }
}

mod inner {
    pub fn deep() {}
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_adds() {
        assert_eq!(super::add(1), 2);
    }

    #[test]
    fn it_takes() {}
}
";

    #[test]
    fn functions_are_found_by_their_paths() {
        let code = Code::parse(CODE).unwrap();
        for (path, body) in [
            ("add", "{\n    // Secret.\n    a + 1\n}"),
            ("Lines::next", "{ None }"),
            ("<Lines as Iterator>::next", "{ None }"),
            ("Shape::area", "{\n        4\n    }"),
            ("inner::deep", "{}"),
        ] {
            assert_eq!(&CODE[code.function(path).unwrap().body], body, "{path}");
        }
        let error = code.function("sub").unwrap_err();
        assert!(error.starts_with("there is no function sub; there are add, "), "{error}");
    }

    #[test]
    fn a_hole_keeps_the_signature_and_the_comment() {
        let code = Code::parse(CODE).unwrap();
        let holes = ["add", "Lines::take"]
            .map(|path| (code.function(path).unwrap(), format!("lab 2: {path}")));
        let text = code.with_holes(&holes);
        let add = "/// Adds.\npub fn add(a: u32) -> u32 {\n    todo!(\"lab 2: add\")\n}\n";
        assert!(text.contains(add), "{text}");
        let take = "    /// Takes.\n    fn take(&mut self) {\n        todo!(\"lab 2: Lines::take\")\n    }\n";
        assert!(text.contains(take), "{text}");
        assert!(!text.contains("Secret") && text.contains("{ None }"), "{text}");
        Code::parse(&text).unwrap();
    }

    #[test]
    fn tests_are_removed_by_name() {
        let code = Code::parse(CODE).unwrap();
        let text = code.without(&["it_adds".to_owned()]).unwrap();
        assert!(!text.contains("it_adds") && text.contains("it_takes"), "{text}");
        assert_eq!(text.matches("#[test]").count(), 1, "{text}");
        code.without(&["it_swims".to_owned()]).unwrap_err();
    }

    #[test]
    fn the_tests_of_a_submission_are_replaced() {
        let ours = Code::parse(CODE).unwrap();
        let cheating = "fn add() -> u32 { 5 }\n\n#[cfg(test)]\nmod tests {\n    // Nothing.\n}\n";
        let text = Code::parse(cheating).unwrap().with_tests_of(&ours);
        assert!(
            text.starts_with("fn add() -> u32 { 5 }\n\n#[cfg(test)]\nmod tests {\n    #[test]")
        );
        assert!(!text.contains("Nothing"), "{text}");
    }

    #[test]
    fn bodies_are_taken_from_a_wrong_solution() {
        let code = Code::parse(CODE).unwrap();
        let wrong =
            Code::parse("//! Wrong.\nfn add() { 7 }\nfn elsewhere() {}\nfn helper() {}\n").unwrap();
        let text = code.with_bodies_of(&wrong, &["elsewhere".to_owned()]).unwrap();
        assert!(text.contains("pub fn add(a: u32) -> u32 { 7 }\n"), "{text}");
        assert!(text.ends_with("\nfn helper() {}\n"), "{text}");
        let other = Code::parse("fn nothing() {}").unwrap();
        code.with_bodies_of(&other, &[]).unwrap_err();
    }

    #[test]
    fn an_error_names_the_line() {
        let error = Code::parse("fn a() {}\nfn {").err().unwrap();
        assert!(error.starts_with("line 2: "), "{error}");
    }
}
