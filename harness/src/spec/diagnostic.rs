//! Owns problems of a topology file and how they are shown. It never decides
//! what a problem is.

use std::fmt::{self, Write as _};

use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};

use super::{
    lint::Lint,
    source::{Source, Span},
};

/// Problems kept of one file; what is beyond is counted. Noise has as many as it has lines.
const MAX_KEPT: usize = 100;

/// One problem and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub span: Span,
    /// A lowercase fragment that names the thing in backticks.
    pub message: String,
    /// What to write instead, where there is one fix.
    pub hint: Option<String>,
    /// Name for `allow`, where the file may insist.
    pub lint: Option<&'static str>,
    /// Another place that belongs to the problem, with what it is.
    pub related: Option<(Span, String)>,
    /// Whether it is only to be known: the file is right all the same.
    pub warning: bool,
}

/// All problems of a file, sorted by place, each once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostics {
    sources: Vec<Source>,
    list: Vec<Diagnostic>,
    /// Problems beyond those in `list`.
    more: usize,
}

impl Diagnostics {
    pub(crate) fn new(sources: &[Source], mut list: Vec<Diagnostic>) -> Self {
        list.sort_by(|a, b| (a.span, &a.message).cmp(&(b.span, &b.message)));
        list.dedup_by(|a, b| a.span == b.span && a.message == b.message);
        let more = list.len().saturating_sub(MAX_KEPT);
        list.truncate(MAX_KEPT);
        Self {
            sources: sources.to_vec(),
            list,
            more,
        }
    }

    /// The problems, sorted by place.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }

    /// How many problems there are, those beyond the limit included.
    pub fn len(&self) -> usize {
        self.list.len() + self.more
    }

    /// Never true for the diagnostics of an `Err`.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// `file:line:column` of a span.
    fn place(&self, span: Span) -> String {
        let Some(source) = self.sources.get(usize::from(span.source)) else {
            return String::new();
        };
        if source.is_argument() {
            return source.name.clone();
        }
        let (line, column) = source.position(span.range().start);
        format!("{}:{line}:{column}", source.name)
    }

    /// One line per problem: `file:line:column: message`, then hints in parentheses.
    pub fn short(&self) -> String {
        // Writing to a `String` cannot fail.
        let mut text = String::new();
        for problem in &self.list {
            let kind = if problem.warning { "warning: " } else { "" };
            let place = self.place(problem.span);
            let _ = write!(text, "{place}: {kind}{}", problem.message);
            if let Some(lint) = problem.lint {
                let _ = write!(text, " [{lint}]");
            }
            if let Some((span, what)) = &problem.related {
                let _ = write!(text, "\n    ({what}: {})", self.place(*span));
            }
            if let Some(hint) = problem.shown_hint() {
                let _ = write!(text, "\n    (hint: {hint})");
            }
            text.push('\n');
        }
        text.push_str(&self.rest());
        text
    }

    /// What is not shown.
    fn rest(&self) -> String {
        if self.more == 0 {
            String::new()
        } else {
            let s = if self.more == 1 { "" } else { "s" };
            format!("... and {} more problem{s}\n", self.more)
        }
    }

    /// Problems with the offending lines and carets, for people.
    pub fn render(&self, color: bool) -> String {
        let renderer = if color {
            Renderer::styled()
        } else {
            Renderer::plain()
        }
        .term_width(100);
        let mut text = String::new();
        for problem in &self.list {
            text.push_str(&self.render_one(problem, &renderer));
            text.push_str("\n\n");
        }
        text.push_str(&self.rest());
        text
    }

    fn render_one(&self, problem: &Diagnostic, renderer: &Renderer) -> String {
        let level = if problem.warning {
            Level::WARNING
        } else {
            Level::ERROR
        };
        let mut title = level.primary_title(problem.message.as_str());
        if let Some(lint) = problem.lint {
            title = title.id(lint);
        }
        let snippet = |span: Span, kind: AnnotationKind, label: Option<&str>| {
            let source = self.sources.get(usize::from(span.source))?;
            // Only the lines around the place: a renderer that scans the whole
            // text for each of many problems would be quadratic.
            let (text, first_line, range) = window(source, span);
            Some(
                Snippet::source(text)
                    .line_start(first_line)
                    .path(source.name.clone())
                    .annotation(kind.span(range).label(label.map(str::to_owned))),
            )
        };
        let mut group = annotate_snippets::Group::with_title(title);
        let source = self.sources.get(usize::from(problem.span.source));
        match source.filter(|s| s.is_argument()) {
            Some(argument) => group = group.element(Origin::path(argument.name.clone())),
            None => {
                group = group.elements(snippet(problem.span, AnnotationKind::Primary, None));
            }
        }
        if let Some((span, what)) = &problem.related {
            group = group.elements(snippet(*span, AnnotationKind::Context, Some(what)));
        }
        let hint = problem.shown_hint();
        if let Some(hint) = &hint {
            group = group.element(Level::HELP.with_name("hint").message(hint.as_str()));
        }
        renderer.render(&[group])
    }
}

/// The line or lines of a span (at most its first one where it has several),
/// the number of the first, and the span's range within that text.
fn window(source: &Source, span: Span) -> (String, usize, std::ops::Range<usize>) {
    let text = &source.text;
    let floor = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let (start, end) = (floor(span.range().start), floor(span.range().end));
    let line_start = text[..start].rfind('\n').map_or(0, |n| n + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |n| start + n);
    let end = end.clamp(start, line_end.max(start));
    let line = text[line_start..line_end].to_owned();
    (
        line,
        source.position(start).0,
        start - line_start..end - line_start,
    )
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnostics {}

impl Diagnostic {
    /// The hint, which for a named check tells how to insist.
    fn shown_hint(&self) -> Option<String> {
        let allow = self
            .lint
            .map(|lint| format!("`allow = [\"{lint}\"]` if this is what the file is about"));
        match (&self.hint, allow) {
            (Some(hint), Some(allow)) => Some(format!("{hint}; {allow}")),
            (hint, allow) => hint.clone().or(allow),
        }
    }

    pub(crate) fn hint(&mut self, hint: impl Into<String>) -> &mut Self {
        self.hint = Some(escape(&hint.into()));
        self
    }

    /// Hints at what was meant: the nearest of the known words, or all where they are few.
    pub(crate) fn suggest(&mut self, word: &str, known: &[&str]) -> &mut Self {
        if let Some(near) = nearest(word, known) {
            return self.hint(format!("did you mean `{near}`?"));
        }
        if !known.is_empty() && known.len() <= 20 {
            return self.hint(format!("one of {}", list_words(known)));
        }
        self
    }

    pub(crate) fn related(&mut self, span: Span, what: &str) -> &mut Self {
        self.related = Some((span, what.to_owned()));
        self
    }
}

/// Problems after which no more hints are looked for: a file of noise may have 100,000 unknown keys, of which
/// a hundred are shown, and to compare each with every known word takes longer than all the rest.
pub(crate) const HINTED: usize = 1000;

/// Collects problems while a file is looked at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Problems {
    pub(crate) list: Vec<Diagnostic>,
}

impl Problems {
    /// Notes a problem.
    pub(crate) fn error(&mut self, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        let message = message.into();
        // The grammar of expectation lines is another stage's, whose errors have their hint in the text.
        let (message, hint) = match message.split_once("\n(hint: ") {
            Some((message, hint)) => (message, hint.strip_suffix(')').map(escape)),
            None => (message.as_str(), None),
        };
        self.list.push(Diagnostic {
            span,
            message: escape(message),
            hint,
            lint: None,
            related: None,
            warning: false,
        });
        self.list.last_mut().expect("one was pushed above")
    }

    /// Notes a problem that the file may `allow` by name.
    pub(crate) fn lint(
        &mut self,
        lint: Lint,
        span: Span,
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        let problem = self.error(span, message);
        problem.lint = Some(lint.name());
        problem
    }

    /// Notes that `word` is not among `known`, with the nearest of them as the hint.
    pub(crate) fn unknown(&mut self, span: Span, what: &str, word: &str, known: &[&str]) {
        let looked_for = self.list.len() < HINTED;
        let problem = self.error(span, format!("unknown {what} `{}`", shorten(word)));
        if looked_for {
            problem.suggest(word, known);
        }
    }
}

/// The word of `known` that was most likely meant.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let letters = word.chars().count();
    if !(3..=60).contains(&letters) {
        // Every short word is near every other: `r2` is no misspelling of `r1`.
        return None;
    }
    // A third of the letters may differ; transpositions count once.
    let limit = letters / 3;
    let word = word.to_lowercase();
    known
        .iter()
        .map(|k| (strsim::damerau_levenshtein(&word, &k.to_lowercase()), *k))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, k)| k)
}

/// `a`, `b` or `c`, in backticks.
pub(crate) fn list_words(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|w| format!("`{w}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// Control characters of a file must not reach a terminal as such.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            safe.extend(c.escape_default());
        } else {
            safe.push(c);
        }
    }
    safe
}

/// Text of a file as a message shows it: not longer than a line.
pub(crate) fn shorten(text: &str) -> String {
    const LIMIT: usize = 60;
    if text.chars().count() <= LIMIT {
        return text.to_owned();
    }
    text.chars().take(LIMIT).chain("...".chars()).collect()
}
