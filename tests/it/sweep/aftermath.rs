//! What must hold after a blow, whatever it was.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;
use tfplugin::Diagnostics;

use super::{Base, LINGER, reach, seen};
use crate::world::{ACCOUNT, REGION, World};

/// What did not hold, and how.
pub enum Broken {
    /// A run failed that had to succeed.
    Stuck(String),
    /// Something is there that no bundle owns.
    Orphan(String),
    /// There is more, or less, than one of something.
    Duplicate(String),
    /// A run that had nothing to do wrote something.
    Restless(String),
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stuck(how) => write!(f, "stuck: {how}"),
            Self::Orphan(how) => write!(f, "an orphan: {how}"),
            Self::Duplicate(how) => write!(f, "a duplicate: {how}"),
            Self::Restless(how) => write!(f, "it has no end: {how}"),
        }
    }
}

/// Goes on from a blow: the next run, one more, and the end. `was_done` says that the run that was struck reported success.
pub async fn follow(base: &Base, mut world: World, was_done: bool) -> Result<(), Broken> {
    // From what looks the same everything goes on in the same way: most blows are mended in the run that is struck, and it doesn't
    // matter to the next one why a call was never made.
    if !base.followed.lock().expect("nobody panics with it").insert((was_done, seen(&world))) {
        return Ok(());
    }
    if was_done {
        quiet(base, &mut world).await?;
    } else if let Err(found) = reach(&mut world, base.after.as_ref()).await {
        resume_by_import(base, &mut world, &found).await?;
    }
    tokio::time::sleep(LINGER).await;
    if base.after.is_some() {
        whole(base, &world)?;
        quiet(base, &mut world).await?;
        let found = world.destroy().await;
        if !found.is_empty() {
            return Err(Broken::Stuck(format!("destroy: {found:?}")));
        }
        tokio::time::sleep(LINGER).await;
    }
    let left = world.sim.objects();
    if left == base.empty { Ok(()) } else { Err(Broken::Orphan(differences(&base.empty, &left))) }
}

/// How many there are of each kind.
pub fn counts(objects: &Value) -> BTreeMap<String, usize> {
    let kinds = objects[ACCOUNT][REGION].as_object().into_iter().flatten();
    kinds.map(|(kind, objects)| (kind.clone(), objects.as_object().map_or(0, serde_json::Map::len))).collect()
}

/// A run that has nothing to do and does nothing.
async fn quiet(base: &Base, world: &mut World) -> Result<(), Broken> {
    let seq = world.sim.calls().len();
    reach(world, base.after.as_ref()).await.map_err(|found| Broken::Stuck(format!("one more run: {found:?}")))?;
    let writes = world.writes_since(seq);
    if writes.is_empty() { Ok(()) } else { Err(Broken::Restless(format!("{writes:?}"))) }
}

fn whole(base: &Base, world: &World) -> Result<(), Broken> {
    let objects = world.sim.objects();
    let counts = counts(&objects);
    let count = |of: &BTreeMap<String, usize>, kind: &str| of.get(kind).copied().unwrap_or_default();
    let differs = |kind: &&String| count(&counts, kind) != count(&base.wanted, kind);
    match counts.keys().chain(base.wanted.keys()).find(differs) {
        None => Ok(()),
        Some(kind) => Err(Broken::Duplicate(format!(
            "{} of {kind}, not {}: {}",
            count(&counts, kind),
            count(&base.wanted, kind),
            objects[ACCOUNT][REGION][kind]
        ))),
    }
}

/// A creation that died when its bundle was complete has left nothing in the state, and the next one can't tell whose bundle that is:
/// it must say so, touch nothing, and name the way out. That way must then lead there without a write.
async fn resume_by_import(base: &Base, world: &mut World, found: &Diagnostics) -> Result<(), Broken> {
    let stuck = |why: &str| Broken::Stuck(format!("{why}: {found:?}"));
    let told = found.iter().find(|one| one.summary == "A bundle of this name exists already");
    let (None, None, Some(told)) = (&base.before, &world.state, told) else { return Err(stuck("the next run")) };
    let Some((_, rest)) = told.detail.split_once("terraform import privgw_internal_api.NAME ") else {
        return Err(stuck("it doesn't name the way out"));
    };
    let api: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
    let tags = world.sim.objects()[ACCOUNT][REGION]["rest-api"][&api]["tags"].clone();
    if tags.get("privgw:complete").is_none() {
        return Err(stuck("the bundle isn't complete"));
    }
    world.import(&api).await.map_err(|found| Broken::Stuck(format!("import: {found:?}")))?;
    quiet(base, world).await
}

fn differences(before: &Value, now: &Value) -> String {
    let lines = |from: &Value, against: &Value, word: &str| -> Vec<String> {
        let kinds = from[ACCOUNT][REGION].as_object().into_iter().flatten();
        let objects = kinds.flat_map(|(kind, all)| all.as_object().into_iter().flatten().map(move |one| (kind, one)));
        let new = objects.filter(|(kind, (id, one))| against[ACCOUNT][REGION][kind.as_str()][id.as_str()] != **one);
        new.map(|(kind, (id, one))| format!("{word} {kind} {id} {one}")).collect()
    };
    [lines(before, now, "missing"), lines(now, before, "left")].concat().join("\n  ")
}
