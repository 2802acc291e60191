//! Patterns of filters and policies.

/// A part of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// Any text: `*`.
    Many,
    /// Any character: `?`.
    One,
    /// Just this character.
    Is(char),
}

/// A pattern that is used again and again. Most are plain texts.
#[derive(Debug)]
pub enum Pattern {
    /// Just this text.
    Text(String),
    /// Any text of this form.
    Form(Vec<Piece>),
}

impl Pattern {
    /// `*` stands for any text and `?` for any character.
    pub fn new(pattern: String) -> Pattern {
        if is_plain(&pattern) { Pattern::Text(pattern) } else { Pattern::Form(pieces(&pattern)) }
    }

    /// Does the whole text have this form?
    pub fn fits(&self, text: &str) -> bool {
        match self {
            Pattern::Text(plain) => plain == text,
            Pattern::Form(pieces) => matches(pieces, text),
        }
    }
}

/// Matches a pattern once.
pub fn like(pattern: &str, text: &str) -> bool {
    if is_plain(pattern) { pattern == text } else { matches(&pieces(pattern), text) }
}

fn is_plain(pattern: &str) -> bool {
    !pattern.contains(['*', '?'])
}

/// A pattern taken apart.
pub fn pieces(pattern: &str) -> Vec<Piece> {
    let piece = |c: char| match c {
        '*' => Piece::Many,
        '?' => Piece::One,
        c => Piece::Is(c),
    };
    pattern.chars().map(piece).collect()
}

/// Does the whole text have this form?
pub fn matches(pattern: &[Piece], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(Piece::Many) => {
                star = Some((p, t));
                p += 1;
                continue;
            }
            Some(Piece::One) => {
                p += 1;
                t += 1;
                continue;
            }
            Some(Piece::Is(c)) if *c == text[t] => {
                p += 1;
                t += 1;
                continue;
            }
            _ => {}
        }
        let Some((at, taken)) = star else {
            return false;
        };
        // Let the last star take one character more.
        star = Some((at, taken + 1));
        p = at + 1;
        t = taken + 1;
    }
    pattern[p..].iter().all(|rest| *rest == Piece::Many)
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn stars_and_question_marks() {
        assert!(like("ELB net/*", "ELB net/a/1") && like("a?c", "abc") && like("*", "") && like("a*b*c", "aXbYbZc"));
        assert!(!like("a", "ab") && !like("a*b", "ac"));
    }
}
