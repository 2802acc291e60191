//! Licence expressions, such as `(MIT OR Apache-2.0) AND Unicode-3.0`.

/// Whether a crate under such an expression may be used when these licences may. Nothing that can't be read may.
pub fn is_allowed(expression: &str, allowed: &[String]) -> bool {
    // Old crates write a slash where SPDX has OR.
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader { words: &words, allowed };
    reader.any() == Some(true) && reader.words.is_empty()
}

struct Reader<'a> {
    words: &'a [&'a str],
    allowed: &'a [String],
}

impl Reader<'_> {
    fn any(&mut self) -> Option<bool> {
        let mut holds = self.all()?;
        while self.take("OR") {
            // Both sides are read, whatever the first one said.
            holds |= self.all()?;
        }
        Some(holds)
    }

    fn all(&mut self) -> Option<bool> {
        let mut holds = self.one()?;
        while self.take("AND") {
            holds &= self.one()?;
        }
        Some(holds)
    }

    fn one(&mut self) -> Option<bool> {
        if self.take("(") {
            let holds = self.any()?;
            return self.take(")").then_some(holds);
        }
        let (word, rest) = self.words.split_first()?;
        self.words = rest;
        let mut licence = (*word).to_owned();
        if self.take("WITH") {
            let (exception, rest) = self.words.split_first()?;
            self.words = rest;
            licence = format!("{licence} WITH {exception}");
        }
        Some(self.allowed.contains(&licence))
    }

    fn take(&mut self, word: &str) -> bool {
        match self.words.split_first() {
            Some((first, rest)) if *first == word => {
                self.words = rest;
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternatives_need_one_and_conjunctions_all() {
        let allowed = ["MIT", "ISC", "Apache-2.0"].map(str::to_owned);
        let good = ["MIT", "GPL-3.0 OR MIT", "MIT/Apache-2.0", "ISC AND (GPL-3.0 OR MIT)", "(MIT OR X) AND ISC"];
        let bad =
            ["", "GPL-3.0", "MIT AND GPL-3.0", "ISC AND (GPL-3.0 OR X)", "MIT MIT", "(MIT", "MIT WITH X", "OR MIT"];
        for expression in good {
            assert!(is_allowed(expression, &allowed), "{expression}");
        }
        for expression in bad {
            assert!(!is_allowed(expression, &allowed), "{expression}");
        }
    }
}
