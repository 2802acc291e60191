use clap::Parser;
use clap::error::ErrorKind;

use super::{Cli, server};

#[test]
fn a_speed_is_greater_than_zero() {
    for speed in ["0", "-1", "x", "inf", "NaN"] {
        let error = Cli::try_parse_from(["aws-sim", "--speed", speed]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ValueValidation, "{speed}");
        assert!(error.to_string().contains("it is a number greater than 0"), "{error}");
    }
    let cli = Cli::try_parse_from(["aws-sim", "--speed", "60"]).unwrap();
    assert!((cli.serve.speed - 60.0).abs() < f64::EPSILON);
}

#[test]
fn a_log_that_cannot_be_written_is_an_error() {
    let error = server::writable("/nowhere/calls.jsonl".as_ref()).unwrap_err();
    assert!(error.to_string().starts_with("cannot write /nowhere/calls.jsonl: "), "{error}");
}

#[test]
fn calls_and_traces_find_the_simulator_by_themselves() {
    for arguments in [
        &["aws-sim", "call", "--service", "ec2", "Action=DescribeVpcs"][..],
        &["aws-sim", "trace", "--host", "a.execute-api.eu-central-1.amazonaws.com", "--path", "/v1"],
    ] {
        assert!(Cli::try_parse_from(arguments).is_ok(), "{arguments:?}");
    }
}
