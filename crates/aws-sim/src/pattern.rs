//! Patterns of filters and policies.

/// `*` stands for any text and `?` for any character.
pub fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if p < pattern.len() && pattern[p] == '*' {
            star = Some((p, t));
            p += 1;
        } else if p < pattern.len() && (pattern[p] == '?' || pattern[p] == text[t]) {
            p += 1;
            t += 1;
        } else if let Some((at, taken)) = star {
            // Let the last star take one character more.
            star = Some((at, taken + 1));
            p = at + 1;
            t = taken + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|rest| *rest == '*')
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
