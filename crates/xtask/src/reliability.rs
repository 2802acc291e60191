//! What is done to the provider where it matters that nothing is lost: its process is killed in the middle of its work, and a crowd of
//! bundles comes at once. As in the acceptance cases, Terraform, the provider and the simulator are real programs.

mod crowd;
mod kills;

use std::io;
use std::time::{Duration, Instant};

use futures::StreamExt;

use self::kills::{POINTS, Point};
use crate::tally::Tally;
use crate::terraform::Terraform;

/// Terraform uses a whole core when it starts, so few cases at once are quickest.
const AT_ONCE: usize = 2;

/// Runs the cases whose name contains `filter`, and prints what became of each.
pub async fn run(filter: &str) -> io::Result<Tally> {
    let scratch = tempfile::tempdir()?;
    let terraform = Terraform::prepare(scratch.path()).await?;
    let mut tally = Tally::default();
    let points = POINTS.iter().filter(|point| point.name().contains(filter));
    let mut deaths = futures::stream::iter(points).map(|point| death(&terraform, point)).buffer_unordered(AT_ONCE);
    while let Some((name, result, time)) = deaths.next().await {
        tell(&mut tally, &name, result, time);
    }
    // It measures how calls are spread over time, so nobody else may be at work.
    if crowd::NAME.contains(filter) {
        let start = Instant::now();
        let result = crowd::run(&terraform).await;
        tell(&mut tally, crowd::NAME, result, start.elapsed());
    }
    Ok(tally)
}

async fn death(terraform: &Terraform, point: &Point) -> (String, io::Result<String>, Duration) {
    let start = Instant::now();
    let result = kills::run(terraform, point).await;
    (point.name(), result, start.elapsed())
}

fn tell(tally: &mut Tally, name: &str, result: io::Result<String>, time: Duration) {
    let rerun = format!("alone: xtask test --only reliability --case {name:?}");
    tally.tell(name, result.map_err(|error| io::Error::other(format!("{error}\n{rerun}"))), time);
}
