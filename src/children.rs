//! The list of child types. A new kind of child is one file here and one line in [`WAVES`].

pub mod deployment;
pub mod document;
pub mod foreign;
pub mod listener;
pub mod load_balancer;
pub mod method_settings;
pub mod preflight;
pub mod rest_api;
pub mod route;
pub mod security_group;
pub mod stage;
pub mod target_group;
pub mod target_health;
pub mod vpc_endpoint;
pub mod vpc_link;

use crate::child::Kind;

/// The kinds in the order in which they are observed: those of the second wave need ids found in the first.
pub const WAVES: [&[&dyn Kind]; 2] = [
    &[
        &security_group::SecurityGroupKind,
        &vpc_endpoint::VpcEndpointKind,
        &load_balancer::LoadBalancerKind,
        &target_group::TargetGroupKind,
        &vpc_link::VpcLinkKind,
        &rest_api::RestApiKind,
    ],
    &[&listener::ListenerKind, &deployment::DeploymentKind, &stage::StageKind],
];

/// The kind with this name.
pub fn kind(name: &str) -> Option<&'static dyn Kind> {
    WAVES.iter().flat_map(|wave| wave.iter()).find(|kind| kind.name() == name).copied()
}
