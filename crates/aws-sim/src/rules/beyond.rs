//! What the operations of the simulator know nothing of, or have no source for.

use super::{Rule, left_out};

/// Errors that come from the inside of a service.
const FAULT: &str = "it happens only when a test orders it as a fault";

pub const RULES: &[Rule] = &[
    left_out(
        "1.4 Concurrent modification",
        "With an unknown API, CreateAuthorizer answers 409, and CreateRequestValidator 400 Invalid REST API identifier.",
        "the simulator has neither operation; its own answer 404",
    ),
    left_out(
        "2.1 Creating a security group",
        "The groups of an interface have up to 1000 rules together.",
        "five groups of 60 rules don't get that far",
    ),
    left_out(
        "2.5 Deleting a security group",
        "A group that is named by rules of another may be refused with InvalidGroup.InUse.",
        "it is always the DependencyViolation of the service model",
    ),
    left_out(
        "3.3 States of an endpoint",
        "A deleted endpoint may be shown as deleted for a moment.",
        "no source says when; here its id is unknown at once",
    ),
    left_out(
        "3.4 Reading an endpoint",
        "Ipv4Prefixes and Ipv6Prefixes of an endpoint are told.",
        "no endpoint here has prefixes, and empty members are absent",
    ),
    left_out(
        "3.5 Changing an endpoint",
        "Private names take minutes to appear and to go.",
        "names are not resolved here: they follow the endpoint at once",
    ),
    left_out(
        "4.1 Creating a load balancer",
        "A balancer has a DNS name for each zone, ZONE.NAME.",
        "names are not resolved here, and no answer tells it",
    ),
    left_out(
        "4.1 Creating a load balancer",
        "InvalidScheme and AvailabilityZoneNotSupported are errors of the operation.",
        "a bad scheme is a ValidationError of the framework, a bad zone has the text of the user guide; nobody posted these",
    ),
    left_out(
        "4.2 States of a load balancer",
        "A balancer that can't scale is active_impaired.",
        "balancers here don't scale",
    ),
    left_out(
        "4.4 Subnets and addresses of a load balancer",
        "SetSubnets is refused with CapacityReservationPending while reserved capacity is being provided.",
        "nobody reserves capacity",
    ),
    left_out(
        "5.4 Target health",
        "Reasons Target.IpUnusable, Target.InvalidState and Elb.InternalError.",
        "no instances, no interfaces of targets, and no failures of the service itself",
    ),
    left_out(
        "6.1 Creating a listener",
        "UnsupportedProtocol and TooManyUniqueTargetGroupsPerLoadBalancer are errors of the operation.",
        "unsupported protocols were posted as ValidationError; that number of groups is not published for network balancers",
    ),
    left_out(
        "6.3 Deleting a listener",
        "A listener that another service uses is a ResourceInUse.",
        "no service here uses a single listener",
    ),
    left_out(
        "16.1 Refusals that pass by themselves",
        "A deployment may be refused with 503 ServiceUnavailableException.",
        FAULT,
    ),
    left_out(
        "16.1 Refusals that pass by themselves",
        "A policy that names a principal that was just made is refused for a while: ensure that Principals are valid.",
        "there are no users and roles",
    ),
];
