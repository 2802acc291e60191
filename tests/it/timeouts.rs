//! A wait that has no end says what it waited for: which child, which object, AWS's state of it and AWS's reason, for how long, and
//! whether `timeouts` would have allowed more.

use aws_sim::{Fault, Order};
use privgw::bundle::model::{InternalApi, Timeouts};
use tfplugin::{Attr, Diagnostics};

use crate::sweep::{LINGER, small};
use crate::world::{World, text};

/// What goes wrong for good, the operation's time, and words that one error must have.
struct Case {
    operation: &'static str,
    fault: fn() -> Fault,
    within: &'static str,
    words: &'static [&'static str],
}

const HINT: &str = "raise `timeouts`";

fn refused(code: &str, message: &str) -> Fault {
    Fault::Error { status: 400, code: code.into(), message: message.into() }
}

const CREATIONS: &[Case] = &[
    Case {
        operation: "CreateLoadBalancer",
        fault: || Fault::Stuck,
        within: "3m",
        words: &["wait for the load balancer (arn:", "it is still provisioning after 1", " s; ", HINT],
    },
    Case {
        operation: "CreateVpcEndpoint",
        fault: || Fault::Stuck,
        within: "6m",
        words: &["wait for the VPC endpoint (vpce-", "it is still pending after 3", HINT],
    },
    Case {
        operation: "CreateVpcLink",
        fault: || Fault::Stuck,
        within: "6m",
        words: &["wait for the VPC link (", "it is still PENDING after ", HINT],
    },
    Case {
        operation: "CreateVpcLink",
        fault: || Fault::Fails { message: "NLB is already associated with another VPC Endpoint Service".into() },
        within: "40m",
        words: &["wait for the VPC link (", "AWS gave up on it: NLB is already associated with another"],
    },
    Case {
        operation: "CreateVpcEndpoint",
        fault: || Fault::Fails { message: "no address is free".into() },
        within: "40m",
        words: &["wait for the VPC endpoint (vpce-", "AWS gave up on it: ", "no address is free"],
    },
    Case {
        operation: "CreateLoadBalancer",
        fault: || Fault::Fails { message: "no address is free".into() },
        within: "40m",
        words: &["wait for the load balancer (arn:", "AWS gave up on it: ", "no address is free"],
    },
    Case {
        operation: "CreateVpcLink",
        fault: || Fault::Throttle,
        within: "4m",
        words: &["create the VPC link: CreateVpcLink failed with TooManyRequestsException", "attempts in ", HINT],
    },
    Case {
        operation: "CreateTargetGroup",
        fault: || refused("ResourceInUse", "it is in use"),
        within: "1m",
        words: &["create the target group of \"users\"", "ResourceInUse", "attempts in ", HINT],
    },
];

const DELETIONS: &[Case] = &[
    Case {
        operation: "DeleteVpcLink",
        fault: || Fault::Stuck,
        within: "5m",
        words: &["delete the VPC link (", "AWS is still deleting it after ", HINT],
    },
    Case {
        operation: "DeleteVpcEndpoints",
        fault: || Fault::Stuck,
        within: "5m",
        words: &["delete the VPC endpoint (vpce-", "AWS is still deleting it after 2", HINT],
    },
    Case {
        operation: "DeleteLoadBalancer",
        fault: || refused("ResourceInUse", "it is in use"),
        within: "4m",
        words: &["delete the load balancer (arn:", "ResourceInUse", "attempts in ", HINT],
    },
    Case {
        operation: "DeleteSecurityGroup",
        fault: || refused("DependencyViolation", "it has a dependent object"),
        within: "8m",
        words: &["delete the security group of the ", " (sg-", "DependencyViolation", "attempts in ", HINT],
    },
];

fn order(world: &World, case: &Case) {
    let order = Order { times: Some(1000), ..Order::once(case.operation, (case.fault)()) };
    world.sim.order_fault(order).expect("there is such an operation");
}

fn assert_told(found: &Diagnostics, case: &Case) {
    let told = found.iter().any(|one| case.words.iter().all(|word| one.detail.contains(word)));
    assert!(told, "{}: nothing says {:?}: {found:#?}", case.operation, case.words);
}

fn within(config: InternalApi, timeouts: Timeouts) -> InternalApi {
    InternalApi { timeouts: Attr::Known(timeouts), ..config }
}

#[tokio::test(start_paused = true)]
async fn a_creation_that_never_ends_says_what_it_waited_for_and_how_long() {
    for case in CREATIONS {
        let mut world = World::new();
        let config = within(small(&world), Timeouts { create: text(case.within), ..Timeouts::default() });
        order(&world, case);
        let found = world.apply(&config).await.unwrap_err();
        assert_told(&found, case);
    }
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_never_ends_says_what_it_waited_for_and_the_next_one_goes_on() {
    for case in DELETIONS {
        let mut world = World::new();
        let before = world.sim.objects();
        let config = within(small(&world), Timeouts { delete: text(case.within), ..Timeouts::default() });
        world.settle(&config).await;
        tokio::time::sleep(LINGER).await;
        order(&world, case);
        let found = world.destroy().await;
        assert_told(&found, case);
        world.sim.clear_faults();
        if matches!((case.fault)(), Fault::Stuck) {
            // That one never ends.
            continue;
        }
        assert!(world.destroy().await.is_empty(), "{}", case.operation);
        tokio::time::sleep(LINGER).await;
        assert_eq!(world.sim.objects(), before, "{}", case.operation);
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_with_a_limit_of_its_own_does_not_blame_timeouts() {
    let mut world = World::new();
    let config = small(&world);
    world.sim.fail_next("CreateVpcEndpoint", Fault::Stuck);
    let found = world.apply(&config).await.unwrap_err();
    let told = found.iter().find(|one| one.detail.contains("it is still pending after 5"));
    let told = told.unwrap_or_else(|| panic!("{found:#?}"));
    assert!(told.detail.contains("the next apply will look again") && !told.detail.contains(HINT), "{}", told.detail);
}
