//! What a provider tells its users.

use crate::value::Path;

/// How bad it is. There is no third kind, since Terraform would take it for "all is well".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The operation failed, at least in part.
    Error,
    /// Worth knowing; the operation goes on.
    Warning,
}

/// One thing to tell the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// A short title.
    pub summary: String,
    /// Sentences that say what happened and what to do.
    pub detail: String,
    /// The argument it is about; without one it is about the whole block.
    pub path: Option<Path>,
}

impl Diagnostic {
    /// An error about the whole block.
    pub fn error(summary: impl Into<String>, detail: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Error, summary.into(), detail.into())
    }

    /// A warning about the whole block.
    pub fn warning(summary: impl Into<String>, detail: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Warning, summary.into(), detail.into())
    }

    /// The same, about one argument.
    pub fn at(mut self, path: Path) -> Diagnostic {
        self.path = Some(path);
        self
    }

    fn new(severity: Severity, summary: String, detail: String) -> Diagnostic {
        Diagnostic { severity, summary, detail, path: None }
    }
}

/// Everything to tell the user, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Nothing to tell.
    pub fn new() -> Diagnostics {
        Diagnostics::default()
    }

    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Adds an error at a path, or about the whole block if there is none.
    pub fn error(&mut self, path: impl Into<Option<Path>>, summary: impl Into<String>, detail: impl Into<String>) {
        let path = path.into();
        self.push(Diagnostic { path, ..Diagnostic::error(summary, detail) });
    }

    /// Adds a warning at a path, or about the whole block if there is none.
    pub fn warning(&mut self, path: impl Into<Option<Path>>, summary: impl Into<String>, detail: impl Into<String>) {
        let path = path.into();
        self.push(Diagnostic { path, ..Diagnostic::warning(summary, detail) });
    }

    /// Whether any of them is an error.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|d| d.severity == Severity::Error)
    }

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// All of them in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Diagnostics {
        Diagnostics(vec![diagnostic])
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, more: I) {
        self.0.extend(more);
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(diagnostics: I) -> Diagnostics {
        Diagnostics(diagnostics.into_iter().collect())
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_not_errors() {
        let mut all = Diagnostics::new();
        all.warning(None, "Careful", "It is hot.");
        assert!(!all.has_errors());
        all.error(Path::attr("name"), "Bad name", "It is empty.");
        assert!(all.has_errors());
        let paths: Vec<_> = all.iter().map(|d| d.path.clone()).collect();
        assert_eq!(paths, [None, Some(Path::attr("name"))]);
    }
}
