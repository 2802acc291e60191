use std::fmt;

/// One step from a value into something inside it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// An attribute of an object.
    Attribute(String),
    /// An element of a map.
    Key(String),
    /// An element of a list or tuple. Elements of sets have no step.
    Index(i64),
}

/// Where something is, seen from the body of the resource or provider block.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(Vec<Step>);

impl Path {
    /// The body itself.
    pub fn root() -> Path {
        Path::default()
    }

    /// An attribute of the body.
    pub fn attr(name: impl Into<String>) -> Path {
        Path::root().attribute(name)
    }

    /// This path and then an attribute.
    pub fn attribute(self, name: impl Into<String>) -> Path {
        self.step(Step::Attribute(name.into()))
    }

    /// This path and then an element of a map.
    pub fn key(self, key: impl Into<String>) -> Path {
        self.step(Step::Key(key.into()))
    }

    /// This path and then an element of a list.
    pub fn index(self, index: i64) -> Path {
        self.step(Step::Index(index))
    }

    /// The steps from the outside in.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Whether this is the body itself.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    fn step(mut self, step: Step) -> Path {
        self.0.push(step);
        self
    }
}

impl FromIterator<Step> for Path {
    fn from_iter<I: IntoIterator<Item = Step>>(steps: I) -> Path {
        Path(steps.into_iter().collect())
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Attribute(name) if position == 0 => write!(f, "{name}")?,
                Step::Attribute(name) => write!(f, ".{name}")?,
                Step::Key(key) => write!(f, "[{key:?}]")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_like_an_expression() {
        let path = Path::attr("a").attribute("b").key("k").index(0);
        assert_eq!(path.to_string(), r#"a.b["k"][0]"#);
        assert_eq!(Path::root().to_string(), "");
    }
}
