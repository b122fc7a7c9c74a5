//! Owns the topology files as documents, each with its place in the library.

use xfrmlab::spec::{self, About, Document};

/// One topology file.
pub(crate) struct File {
    /// `policy/everything`.
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) source: Option<String>,
    pub(crate) about: Option<About>,
    pub(crate) document: Document,
}

/// Every topology file.
pub(crate) fn shelf() -> Vec<File> {
    let files = cases::files();
    let files = files.iter().map(|path| {
        let source = spec::read_source(path).unwrap_or_else(|e| panic!("{e}"));
        let document = spec::parse(&source).unwrap_or_else(|e| panic!("{}", e.render(false)));
        let plan =
            spec::resolve(&document, None, &[]).unwrap_or_else(|e| panic!("{}", e.render(false)));
        File {
            name: cases::name(path),
            title: plan.title,
            source: plan.source,
            about: spec::about(&document),
            document,
        }
    });
    files.collect()
}

/// Fails unless a page of the library is what it would be written as now.
#[track_caller]
pub(crate) fn check_page(name: &str, expected: &str) {
    let path = cases::topologies().join(name);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, expected).expect("the repository can be written");
    }
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        text == expected,
        "topologies/{name} is out of date\n(hint: UPDATE_EXPECT=1 cargo test -p cases --test library)"
    );
}
