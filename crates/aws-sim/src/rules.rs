//! The rules of AWS that this simulator follows, each with its source and a proof.
//!
//! This table is the simulator's documentation: a test runs every proof over the wire and keeps
//! `docs/guides/simulator-rules.md` equal to the table. A rule that nobody has recorded or read in AWS's own words is
//! marked unverified; a rule that is left out says why.

mod api_gateway_wire;
mod beyond;
mod canary;
mod consistency;
mod deployment;
mod endpoint;
mod endpoint_change;
mod endpoint_life;
mod fixture;
mod iam;
mod import;
mod integration;
mod integration_response;
mod integration_update;
mod invoke;
mod listener;
mod listener_tls;
mod load_balancer;
mod load_balancer_change;
mod load_balancer_delete;
mod method;
mod method_response;
mod method_settings;
mod moto;
mod network;
mod network_tags;
mod networks;
mod partition;
mod query_wire;
mod quotas;
mod resource;
mod rest_api;
mod security_group;
mod security_group_quotas;
mod security_group_rules;
mod source_nat;
mod stage;
mod stage_update;
mod tags;
mod target_group;
mod target_group_settings;
mod targets;
mod vpc_link;

use std::fmt::Write;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::pin::Pin;

use crate::testing::Caller;

/// Recorded answers of real AWS.
pub const RECORDED: &str = "LocalStack's AWS-validated snapshots";
/// AWS's own service models, as botocore ships them.
pub const MODEL: &str = "botocore service model of apigateway";
pub const EC2_MODEL: &str = "botocore service model of ec2";
pub const ELB_MODEL: &str = "botocore service model of elbv2";

/// How sure we are of a rule, and what there is of it here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grade {
    /// Recorded from AWS, or in its documentation or service model.
    Sourced,
    /// Believed, but no source was seen.
    Unverified,
    /// Not simulated, for this reason.
    LeftOut(&'static str),
}

/// A proof: a caller with a new account tries it.
pub type Proof = fn(Caller) -> Pin<Box<dyn Future<Output = ()>>>;

/// One behaviour of AWS.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The part of AWS it belongs to, a number and a title; rules are listed by it.
    pub topic: &'static str,
    /// The behaviour, in a sentence.
    pub says: &'static str,
    /// Where it was seen: a page, an issue, a recording.
    pub source: &'static str,
    /// How sure we are.
    pub grade: Grade,
    proof: Option<Proof>,
}

/// A rule with a source.
pub const fn sourced(topic: &'static str, says: &'static str, source: &'static str, proof: Proof) -> Rule {
    Rule { topic, says, source, grade: Grade::Sourced, proof: Some(proof) }
}

/// A rule that is believed without a source.
pub const fn unverified(topic: &'static str, says: &'static str, proof: Proof) -> Rule {
    Rule { topic, says, source: "", grade: Grade::Unverified, proof: Some(proof) }
}

/// A rule that is not simulated.
pub const fn left_out(topic: &'static str, says: &'static str, reason: &'static str) -> Rule {
    Rule { topic, says, source: "", grade: Grade::LeftOut(reason), proof: None }
}

/// Turns an async function, or an expression with a caller, into a [`Proof`].
macro_rules! proof {
    ($aws:ident => $body:expr) => {
        |$aws: crate::testing::Caller| Box::pin(async move { $body.await })
    };
    ($function:path) => {
        |caller| Box::pin($function(caller))
    };
}
use proof;

const TABLES: &[&[Rule]] = &[
    api_gateway_wire::RULES,
    query_wire::RULES,
    partition::RULES,
    networks::RULES,
    network_tags::RULES,
    quotas::RULES,
    consistency::RULES,
    security_group::RULES,
    security_group_rules::RULES,
    security_group_quotas::RULES,
    endpoint::RULES,
    endpoint_life::RULES,
    endpoint_change::RULES,
    load_balancer::RULES,
    load_balancer_change::RULES,
    load_balancer_delete::RULES,
    source_nat::RULES,
    target_group::RULES,
    targets::RULES,
    target_group_settings::RULES,
    listener::RULES,
    listener_tls::RULES,
    rest_api::RULES,
    rest_api::UPDATE_RULES,
    rest_api::POLICY_RULES,
    import::RULES,
    import::OPERATION_RULES,
    import::COMPONENT_RULES,
    resource::RULES,
    method::RULES,
    method_response::RULES,
    integration::RULES,
    integration_update::RULES,
    integration_response::RULES,
    deployment::RULES,
    stage::RULES,
    stage_update::RULES,
    canary::RULES,
    method_settings::RULES,
    invoke::health::RULES,
    invoke::names::RULES,
    invoke::policies::RULES,
    invoke::routes::RULES,
    invoke::integrations::RULES,
    invoke::mappings::RULES,
    invoke::balancing::RULES,
    invoke::limits::RULES,
    invoke::gateway_responses::RULES,
    invoke::snapshot::RULES,
    tags::RULES,
    iam::DENIALS,
    iam::API_GATEWAY,
    iam::CONDITIONS,
    iam::BUNDLE,
    iam::EC2,
    iam::LANGUAGE,
    vpc_link::RULES,
    moto::RULES,
    beyond::RULES,
];

/// Under this share of all rules may be left out.
const LEFT_OUT_LIMIT: f64 = 0.05;

#[test]
fn every_rule_holds() {
    let mut broken = Vec::new();
    for rule in all() {
        let Some(proof) = rule.proof else { continue };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        let ran = std::panic::catch_unwind(AssertUnwindSafe(|| runtime.block_on(async { proof(Caller::new()).await })));
        if ran.is_err() {
            broken.push(format!("{}: {}", rule.topic, rule.says));
        }
    }
    assert!(broken.is_empty(), "{} rules do not hold:\n{}", broken.len(), broken.join("\n"));
}

#[test]
fn hardly_any_rule_is_left_out() {
    let left_out = all().iter().filter(|rule| matches!(rule.grade, Grade::LeftOut(_))).count();
    let share = left_out as f64 / all().len() as f64;
    assert!(share < LEFT_OUT_LIMIT, "{left_out} of {} rules are left out", all().len());
}

/// With `PRIVGW_WRITE_DOCS` set, this writes the page instead (`make docs`).
#[test]
fn the_page_is_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides/simulator-rules.md");
    if std::env::var_os("PRIVGW_WRITE_DOCS").is_some() {
        return std::fs::write(&path, page()).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page(), "docs/guides/simulator-rules.md is stale: run `make docs`");
}

fn all() -> Vec<&'static Rule> {
    let mut rules: Vec<&Rule> = TABLES.iter().flat_map(|table| table.iter()).collect();
    // A stable sort: within a topic, rules stay in the order of their table.
    rules.sort_by_key(|rule| number(rule.topic));
    rules
}

/// `7.1 Creating a VPC link` as numbers.
fn number(topic: &str) -> Vec<u32> {
    let digits = topic.split(' ').next().unwrap_or_default();
    digits.split('.').map(|part| part.parse().unwrap_or(u32::MAX)).collect()
}

fn page() -> String {
    let rules = all();
    let mut topics: Vec<&str> = rules.iter().map(|rule| rule.topic).collect();
    topics.dedup();
    let mut text = String::from(HEAD);
    let row = |text: &mut String, name: &str, rules: &[&Rule]| {
        let count = |test: fn(Grade) -> bool| rules.iter().filter(|rule| test(rule.grade)).count();
        let sourced = count(|grade| grade == Grade::Sourced);
        let unverified = count(|grade| grade == Grade::Unverified);
        let left_out = count(|grade| matches!(grade, Grade::LeftOut(_)));
        writeln!(text, "| {name} | {sourced} | {unverified} | {left_out} |").unwrap();
    };
    let of = |topic: &str| rules.iter().copied().filter(|rule| rule.topic == topic).collect::<Vec<_>>();
    topics.iter().for_each(|topic| row(&mut text, topic, &of(topic)));
    row(&mut text, "**All**", &rules);
    for topic in &topics {
        write!(text, "\n## {topic}\n\n| Rule | Source |\n|---|---|\n").unwrap();
        for rule in of(topic) {
            let source = match rule.grade {
                Grade::Sourced => rule.source.to_owned(),
                Grade::Unverified => "*unverified*".to_owned(),
                Grade::LeftOut(reason) => format!("*left out*: {reason}"),
            };
            writeln!(text, "| {} | {} |", cell(rule.says), cell(&source)).unwrap();
        }
    }
    text
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "\\<").replace('\n', " ")
}

const HEAD: &str = "\
---
page_title: \"The rules of the simulator\"
description: \"Each behaviour of AWS that aws-sim follows, with its source.\"
---

# The rules of the simulator

A test of `crates/aws-sim` proves every rule over the wire and writes this page. *Sourced* rules were recorded from AWS or
stand in its documentation, its service models or an error that somebody has posted. *Unverified* rules are believed, and
no source was seen: the simulator follows them, but do not build on them without a look at AWS. Rules that are *left out*
say why.

| Topic | Sourced | Unverified | Left out |
|---|---|---|---|
";
