//! Collections in which things are found by more than their id, without looking at everything.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;

/// Something with more names than its id.
pub trait Named {
    /// What it can be found by: its own name, its owner. These never change while it is stored.
    fn names(&self) -> Vec<&str>;
}

/// Things by id and by name. Reading is a map's.
#[derive(Debug, Clone)]
pub struct Index<T> {
    things: BTreeMap<String, T>,
    ids: BTreeMap<String, BTreeSet<String>>,
}

impl<T: Named> Index<T> {
    pub fn new() -> Index<T> {
        Index { things: BTreeMap::new(), ids: BTreeMap::new() }
    }

    /// The things of a name, by id.
    pub fn named<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a T> {
        self.ids.get(name).into_iter().flatten().filter_map(|id| self.things.get(id))
    }

    /// The things of some ids or some names, each once and in order; all where nothing is asked for.
    pub fn chosen(&self, ids: &[String], names: &[String]) -> Vec<&T> {
        if names.is_empty() {
            return chosen(&self.things, ids);
        }
        let ids: BTreeSet<&String> = names.iter().filter_map(|name| self.ids.get(name)).flatten().collect();
        ids.into_iter().filter_map(|id| self.things.get(id)).collect()
    }

    /// Changes everything but names in the things of a name.
    pub fn change(&mut self, name: &str, mut change: impl FnMut(&mut T)) {
        for id in self.ids.get(name).into_iter().flatten() {
            self.things.get_mut(id).into_iter().for_each(&mut change);
        }
    }

    /// The thing of an id, to change everything but its names.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        self.things.get_mut(id)
    }

    /// Puts a thing where another may have been.
    pub fn insert(&mut self, id: String, thing: T) {
        self.remove(&id);
        for name in thing.names() {
            self.ids.entry(name.to_owned()).or_default().insert(id.clone());
        }
        self.things.insert(id, thing);
    }

    /// Takes a thing away.
    pub fn remove(&mut self, id: &str) -> Option<T> {
        let thing = self.things.remove(id)?;
        for name in thing.names() {
            let Some(ids) = self.ids.get_mut(name) else { continue };
            ids.remove(id);
            if ids.is_empty() {
                self.ids.remove(name);
            }
        }
        Some(thing)
    }
}

impl<T> Deref for Index<T> {
    type Target = BTreeMap<String, T>;

    fn deref(&self) -> &BTreeMap<String, T> {
        &self.things
    }
}

/// The things of some ids, each once and in order; all where no id is asked for.
pub fn chosen<'a, T>(things: &'a BTreeMap<String, T>, ids: &[String]) -> Vec<&'a T> {
    if ids.is_empty() {
        return things.values().collect();
    }
    let ids: BTreeSet<&String> = ids.iter().collect();
    ids.into_iter().filter_map(|id| things.get(id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Named for (&str, &str) {
        fn names(&self) -> Vec<&str> {
            vec![self.0, self.1]
        }
    }

    #[test]
    fn names_follow_what_is_stored() {
        let mut index = Index::new();
        index.insert("1".to_owned(), ("a", "b"));
        index.insert("2".to_owned(), ("a", "c"));
        assert_eq!(index.named("a").collect::<Vec<_>>(), [&("a", "b"), &("a", "c")]);
        index.insert("1".to_owned(), ("d", "b"));
        assert_eq!(index.named("a").collect::<Vec<_>>(), [&("a", "c")]);
        index.remove("2");
        assert_eq!((index.named("a").count(), index.named("b").count(), index.len()), (0, 1, 1));
    }
}
