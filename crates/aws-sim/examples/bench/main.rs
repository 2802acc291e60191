//! How many describe calls the simulator answers in a second: with one bundle, with many in many accounts, and with many in
//! one account.
//!
//! Everything runs on one thread: `cargo run --release -p aws-sim --example bench`. A bundle is what a private API needs:
//! an endpoint, a security group with rules, a load balancer with three target groups and listeners, a link, an API with
//! routes, a deployment and a stage. AWS allows twenty links in an account; the one that is crowded has been granted more.
//! The calls are those of a client that polls: one object at a time, by its id.

mod bundle;

use std::time::{Duration, Instant};

use aws_sim::{Config, Sim, serve};
use bundle::{Bundle, Call};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

/// Name, bundles, and how many of them an account has.
const WORLDS: [(&str, usize, usize); 3] = [("one", 1, 20), ("spread", 1000, 20), ("crowded", 500, 500)];
/// VPC links that AWS allows in an account and region.
const LINKS: usize = 20;
/// How long each measurement takes.
const DURATION: Duration = Duration::from_secs(4);
/// Calls between two looks at the clock.
const BATCH: usize = 200;
/// Calls over HTTP that are under way at a time.
const CONNECTIONS: usize = 4;
/// Waits of minutes take no time.
const SPEED: f64 = 10_000.0;

/// Calls per second: of the thread's own time, and of everybody's.
struct Rate {
    cpu: f64,
    wall: f64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut rates = Vec::new();
    for (name, count, per_account) in WORLDS {
        let raised = per_account.div_ceil(LINKS);
        let sim = Sim::new(Config { speed: SPEED, seed: 1, raised, ..Config::default() });
        let started = Instant::now();
        let bundles = bundle::build(&sim, count, per_account).await;
        let took = started.elapsed().as_secs_f64();
        println!("{name}: {count} bundles, {per_account} in an account, made in {took:.1} s");
        let calls: Vec<Call> = bundles.iter().flat_map(Bundle::describes).collect();
        let in_process = in_process(&sim, &calls).await;
        let over_http = over_http(&sim, &calls).await;
        println!("  in process: {:>7.0} calls/s of CPU time, {:>7.0} by the clock", in_process.cpu, in_process.wall);
        println!("  over HTTP:  {:>7.0} calls/s of CPU time, {:>7.0} by the clock", over_http.cpu, over_http.wall);
        rates.push((in_process, over_http, each(&sim, &calls).await));
    }
    let one = &rates[0];
    for ((name, ..), rate) in WORLDS.iter().zip(&rates).skip(1) {
        let (in_process, over_http) = (one.0.cpu / rate.0.cpu, one.1.cpu / rate.1.cpu);
        println!("{name}: {in_process:.2} times as long as with one in process, {over_http:.2} times over HTTP");
    }
    println!("microseconds for each call: {}", WORLDS.map(|(name, ..)| name).join(", "));
    for (row, (name, _)) in one.2.iter().enumerate() {
        let times: Vec<String> = rates.iter().map(|(.., each)| format!("{:>7.0}", each[row].1)).collect();
        println!("{}  {name}", times.concat());
    }
}

async fn in_process(sim: &Sim, calls: &[Call]) -> Rate {
    let meter = Meter::start();
    let mut done = 0;
    while meter.started.elapsed() < DURATION {
        for call in calls.iter().cycle().skip(done % calls.len()).take(BATCH) {
            let response = sim.call(call.request()).await;
            assert_eq!(response.status(), 200, "{call:?}: {:?}", response.body());
        }
        done += BATCH;
    }
    meter.rate(done)
}

/// The mean time of each operation, in microseconds, in the order of the calls.
async fn each(sim: &Sim, calls: &[Call]) -> Vec<(String, f64)> {
    let mut times: Vec<(String, Duration, u32)> = Vec::new();
    for call in calls {
        let started = Instant::now();
        sim.call(call.request()).await;
        let (name, took) = (call.name(), started.elapsed());
        match times.iter_mut().find(|(known, ..)| *known == name) {
            Some((_, total, count)) => (*total, *count) = (*total + took, *count + 1),
            None => times.push((name, took, 1)),
        }
    }
    times.into_iter().map(|(name, total, count)| (name, total.as_secs_f64() * 1e6 / f64::from(count))).collect()
}

async fn over_http(sim: &Sim, calls: &[Call]) -> Rate {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let server = tokio::spawn(serve(sim.clone(), listener));
    let mut senders = Vec::new();
    for _ in 0..CONNECTIONS {
        let stream = TcpStream::connect(address).await.expect("the server listens");
        stream.set_nodelay(true).expect("a socket");
        let (sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("a connection");
        tokio::spawn(connection);
        senders.push(sender);
    }
    let meter = Meter::start();
    let mut clients = tokio::task::JoinSet::new();
    for (index, mut sender) in senders.into_iter().enumerate() {
        let mut calls: Vec<Call> = calls.to_vec();
        let part = calls.len() * index / CONNECTIONS;
        calls.rotate_left(part);
        clients.spawn(async move {
            let mut done = 0;
            for call in calls.iter().cycle() {
                if done % BATCH == 0 && meter.started.elapsed() >= DURATION {
                    break;
                }
                let response = sender.send_request(call.request().map(Full::new)).await.expect("an answer");
                assert_eq!(response.status(), 200, "{call:?}");
                response.into_body().collect().await.expect("a body");
                done += 1;
            }
            done
        });
    }
    let done = clients.join_all().await.into_iter().sum();
    server.abort();
    meter.rate(done)
}

/// Both times since a start.
#[derive(Clone, Copy)]
struct Meter {
    started: Instant,
    cpu: Option<u64>,
}

impl Meter {
    fn start() -> Meter {
        Meter { started: Instant::now(), cpu: cpu_nanoseconds() }
    }

    fn rate(&self, calls: usize) -> Rate {
        let wall = self.started.elapsed().as_secs_f64();
        let spent = |from: u64| Some((cpu_nanoseconds()? - from) as f64 / 1e9);
        let cpu = self.cpu.and_then(spent).unwrap_or(wall);
        Rate { cpu: calls as f64 / cpu, wall: calls as f64 / wall }
    }
}

/// What Linux says this thread has spent; on a busy machine it says more than the clock.
fn cpu_nanoseconds() -> Option<u64> {
    std::fs::read_to_string("/proc/thread-self/schedstat").ok()?.split(' ').next()?.parse().ok()
}
