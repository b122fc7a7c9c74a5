//! Owns what a document says about its place in the library, for tests of the library as a whole.

use super::document::Document;

/// The file's place in the library (`[about]`). Nothing of it changes a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// One word, such as `policies`.
    pub section: &'static str,
    /// Family and what chooses the packets: `ipv4 policy`.
    pub covers: Vec<&'static str>,
    /// Slugs of behaviours.
    pub shows: Vec<String>,
    /// Why the file's expectations are those of another test.
    pub alike: Option<String>,
}

/// What the document says about its place in the library.
pub fn about(document: &Document) -> Option<About> {
    let spec = &document.spec.about.as_ref()?.value;
    let covers = spec.covers.iter().flat_map(|list| &list.value);
    let shows = spec.shows.iter().flat_map(|list| &list.value);
    Some(About {
        section: spec.section.as_ref()?.value.0,
        covers: covers.map(|c| c.value.0).collect(),
        shows: shows.map(|s| s.value.clone()).collect(),
        alike: spec.alike.as_ref().map(|a| a.value.clone()),
    })
}

/// Why a variant's expectations are those of another test, where it says so.
pub fn alike(document: &Document, variant: &str) -> Option<String> {
    let list = document.spec.variants.as_ref()?;
    let named = |v: &&super::source::Spanned<super::schema::variant::VariantSpec>| {
        v.name.as_ref().is_some_and(|n| n.value == variant)
    };
    let variant = list.value.iter().find(named)?;
    variant.alike.as_ref().map(|a| a.value.clone())
}
