use serde_json::{Value, json};

use super::*;

fn ask(policy: &Value, endpoint: &str) -> Decision {
    let values = BTreeMap::from([("aws:sourcevpce", endpoint.to_owned()), ("aws:vpcsourceip", "10.1.2.3".to_owned())]);
    let resource = "arn:aws:execute-api:eu-central-1:123456789012:abc/v1/GET/x";
    decide(policy, &Question { resource, signer: None, values })
}

fn keys(pairs: &[(&str, &[&str])]) -> Keys {
    let values = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    pairs.iter().map(|(key, list)| ((*key).to_owned(), values(list))).collect()
}

/// Does a statement of just this condition allow?
fn holds(condition: Value, have: &Keys) -> bool {
    let statement = json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition});
    let policy = Policy::of_identity(&json!({"Version": "2012-10-17", "Statement": statement})).unwrap();
    policy.decide("ec2:CreateTags", "*", have).decision == Decision::Allowed
}

fn matches(resource: &str, arn: &str, have: &Keys) -> bool {
    let statement = json!({"Effect": "Allow", "Action": "ec2:create*", "Resource": resource});
    let policy = Policy::of_identity(&json!({"Version": "2012-10-17", "Statement": statement})).unwrap();
    policy.decide("ec2:CreateTags", arn, have).decision == Decision::Allowed
}

#[test]
fn the_usual_pair_admits_only_its_endpoint() {
    let all = json!({"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "arn:aws:execute-api:*"});
    let mut deny = all.clone();
    deny["Effect"] = json!("Deny");
    deny["Condition"] = json!({"StringNotEquals": {"aws:SourceVpce": ["vpce-1", "vpce-2"]}});
    let policy = json!({"Statement": [deny, all]});
    assert_eq!(ask(&policy, "vpce-2"), Decision::Allowed);
    assert_eq!(ask(&policy, "vpce-3"), Decision::Denied);
}

#[test]
fn conditions_on_addresses_and_absent_keys() {
    let policy = |condition: Value| json!({"Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "*", "Resource": "*", "Condition": condition}});
    assert_eq!(ask(&policy(json!({"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}})), "v"), Decision::Allowed);
    assert_eq!(ask(&policy(json!({"NotIpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}})), "v"), Decision::NotAllowed);
    assert_eq!(ask(&policy(json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}})), "v"), Decision::NotAllowed);
    assert_eq!(ask(&policy(json!({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}})), "v"), Decision::Allowed);
    assert_eq!(ask(&policy(json!({"ForAnyValue:StringLike": {"aws:SourceVpce": "v*"}})), "v"), Decision::Allowed);
}

#[test]
fn principals_are_accounts_and_their_absence_is_a_mistake() {
    let policy = |principal: Value| {
        let mut statement = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
        statement.as_object_mut().unwrap().extend(principal.as_object().unwrap().clone());
        json!({"Statement": statement})
    };
    let ask = |policy: &Value, signer: Option<&str>| {
        decide(policy, &Question { resource: "arn:aws:execute-api:r:1:a", signer, values: BTreeMap::new() })
    };
    let one = policy(json!({"Principal": {"AWS": ["arn:aws:iam::111122223333:root"]}}));
    let others = policy(json!({"NotPrincipal": {"AWS": "111122223333"}}));
    assert_eq!(ask(&one, Some("111122223333")), Decision::Allowed);
    assert_eq!([ask(&one, None), ask(&one, Some("999999999999"))], [Decision::NotAllowed; 2]);
    assert_eq!([ask(&others, None), ask(&others, Some("999999999999"))], [Decision::Allowed; 2]);
    assert_eq!(ask(&others, Some("111122223333")), Decision::NotAllowed);
    assert_eq!(ask(&policy(json!({})), None), Decision::NotAllowed);
}

#[test]
fn every_operator_compares_in_its_own_way() {
    let have = keys(&[
        ("aws:text", &["Shop"]),
        ("aws:arn", &["arn:aws:ec2:eu:1:vpc/a/b"]),
        ("aws:number", &["5"]),
        ("aws:now", &["2026-01-01T12:00:00.000Z"]),
        ("aws:flag", &["true"]),
        ("aws:address", &["10.1.2.3"]),
    ]);
    for (holding, failing) in [
        (json!({"StringEquals": {"aws:text": ["no", "Shop"]}}), json!({"StringEquals": {"aws:text": "shop"}})),
        (json!({"StringNotEquals": {"aws:text": "shop"}}), json!({"StringNotEquals": {"aws:text": ["no", "Shop"]}})),
        (
            json!({"StringEqualsIgnoreCase": {"AWS:Text": "SHOP"}}),
            json!({"StringNotEqualsIgnoreCase": {"aws:text": "shop"}}),
        ),
        (json!({"StringLike": {"aws:text": "S?o*"}}), json!({"StringNotLike": {"aws:text": "S*"}})),
        (json!({"StringEquals": {"aws:text": "Shop"}}), json!({"StringEquals": {"aws:text": "S*"}})),
        (json!({"ArnLike": {"aws:arn": "arn:aws:ec2:*:*:vpc/*"}}), json!({"ArnEquals": {"aws:arn": "arn:*:vpc/*"}})),
        (json!({"ArnEquals": {"aws:arn": "arn:aws:ec2:eu:1:vpc/a/*"}}), json!({"ArnNotLike": {"aws:arn": "arn:*"}})),
        (json!({"NumericEquals": {"aws:number": 5}}), json!({"NumericNotEquals": {"aws:number": "5.0"}})),
        (json!({"NumericLessThan": {"aws:number": "6"}}), json!({"NumericGreaterThan": {"aws:number": "5"}})),
        (
            json!({"NumericLessThanEquals": {"aws:number": "5"}}),
            json!({"NumericGreaterThanEquals": {"aws:number": "6"}}),
        ),
        (
            json!({"DateGreaterThan": {"aws:now": "2026-01-01"}}),
            json!({"DateLessThan": {"aws:now": "2026-01-01T12:00:00Z"}}),
        ),
        (
            json!({"DateEquals": {"aws:now": "2026-01-01T14:00:00+02:00"}}),
            json!({"DateEquals": {"aws:now": "1767268801"}}),
        ),
        (json!({"Bool": {"aws:flag": true}}), json!({"Bool": {"aws:flag": "false"}})),
        (json!({"BinaryEquals": {"aws:text": "Shop"}}), json!({"BinaryEquals": {"aws:text": "U2hvcA=="}})),
        (
            json!({"IpAddress": {"aws:address": ["192.0.2.1", "10.0.0.0/8"]}}),
            json!({"NotIpAddress": {"aws:address": "10.1.2.3"}}),
        ),
        (json!({"Null": {"aws:text": "false"}}), json!({"Null": {"aws:text": true}})),
        (json!({"Null": {"aws:none": "true"}}), json!({"Null": {"aws:none": "false"}})),
        (json!({"StringNotEquals": {"aws:none": "x"}}), json!({"StringEquals": {"aws:none": "x"}})),
        (json!({"NumericEqualsIfExists": {"aws:none": 1}}), json!({"NumericEquals": {"aws:none": 1}})),
    ] {
        assert!(holds(holding.clone(), &have), "{holding}");
        assert!(!holds(failing.clone(), &have), "{failing}");
    }
}

#[test]
fn sets_are_compared_value_by_value() {
    let have = keys(&[("aws:tagkeys", &["a", "b"])]);
    let tag_keys = |operator: &str, values: Value| json!({operator: {"aws:TagKeys": values}});
    assert!(holds(tag_keys("ForAllValues:StringEquals", json!(["a", "b", "c"])), &have));
    assert!(!holds(tag_keys("ForAllValues:StringEquals", json!(["a"])), &have));
    assert!(holds(tag_keys("ForAnyValue:StringEquals", json!(["a", "x"])), &have));
    assert!(!holds(tag_keys("ForAnyValue:StringEquals", json!("x")), &have));
    assert!(holds(tag_keys("ForAnyValue:StringNotEquals", json!("a")), &have));
    assert!(!holds(tag_keys("ForAllValues:StringNotEquals", json!("a")), &have));
    // Without the key, all of none is true and any of none is false.
    assert!(holds(tag_keys("ForAllValues:StringEquals", json!("a")), &Keys::new()));
    assert!(!holds(tag_keys("ForAnyValue:StringNotEquals", json!("a")), &Keys::new()));
    assert!(holds(tag_keys("ForAnyValue:StringEqualsIfExists", json!("a")), &Keys::new()));
}

#[test]
fn wildcards_stay_in_their_component_and_actions_have_no_case() {
    let none = Keys::new();
    assert!(matches("arn:aws:ec2:*:*:security-group/*", "arn:aws:ec2:eu:1:security-group/sg-1", &none));
    assert!(!matches("arn:aws:ec2:*:security-group/*", "arn:aws:ec2:eu:1:security-group/sg-1", &none));
    assert!(matches("arn:aws:apigateway:*::/restapis/*", "arn:aws:apigateway:eu::/restapis/a/stages/v1:x", &none));
    assert!(matches("arn:aws:ec2:*", "arn:aws:ec2:eu:1:vpc/a", &none), "missing components are any");
    assert!(!matches("arn:aws:ec2:eu:1:vpc/A", "arn:aws:ec2:eu:1:vpc/a", &none));
    assert!(!matches("arn:aws:ec2:*:*:*", "*", &none), "a call on nothing in particular needs a star");
}

#[test]
fn variables_have_values_or_nothing_matches() {
    let have = keys(&[("aws:username", &["sim"]), ("aws:principaltag/team", &["a*"])]);
    assert!(matches("arn:aws:ec2:eu:1:vpc/${aws:username}-*", "arn:aws:ec2:eu:1:vpc/sim-x", &have));
    assert!(!matches("arn:aws:ec2:eu:1:vpc/${aws:nobody}", "arn:aws:ec2:eu:1:vpc/${aws:nobody}", &have));
    assert!(matches("arn:aws:ec2:eu:1:vpc/${aws:nobody, 'x'}", "arn:aws:ec2:eu:1:vpc/x", &have));
    assert!(matches("arn:aws:ec2:eu:1:vpc/${*}${$}", "arn:aws:ec2:eu:1:vpc/*$", &have));
    assert!(!matches("arn:aws:ec2:eu:1:vpc/${*}", "arn:aws:ec2:eu:1:vpc/x", &have));
    assert!(!matches("arn:aws:ec2:eu:1:vpc/${aws:PrincipalTag/team}", "arn:aws:ec2:eu:1:vpc/ab", &have));
    let old =
        json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:ec2:eu:1:vpc/${aws:username}"}});
    let old = Policy::of_identity(&old).unwrap();
    let literally = "arn:aws:ec2:eu:1:vpc/${aws:username}";
    assert_eq!(
        old.decide("ec2:X", literally, &have).decision,
        Decision::Allowed,
        "the version of 2008 has no variables"
    );
}

#[test]
fn the_statement_that_decides_is_named() {
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "All", "Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
        {"Sid": "Mine", "Effect": "Deny", "Action": "ec2:*", "NotResource": "arn:aws:ec2:*:*:vpc/*"},
    ]});
    let policy = Policy::of_identity(&policy).unwrap();
    let ask = |action: &str, resource: &str| policy.decide(action, resource, &Keys::new());
    let verdict = |decision, statement, sid: Option<&str>| Verdict { decision, statement, sid: sid.map(str::to_owned) };
    assert_eq!(ask("ec2:DeleteVpc", "arn:aws:ec2:eu:1:vpc/a"), verdict(Decision::Allowed, Some(0), Some("All")));
    assert_eq!(ask("ec2:DeleteVpc", "*"), verdict(Decision::Denied, Some(1), Some("Mine")));
    assert_eq!(ask("iam:PassRole", "*"), verdict(Decision::NotAllowed, None, None));
}

#[test]
fn mistakes_are_named() {
    let with = |member: &str, value: Value| {
        let mut statement = json!({"Effect": "Allow", "Action": "ec2:*", "Resource": "*"});
        statement[member] = value;
        Policy::of_identity(&json!({"Version": "2012-10-17", "Statement": [statement]})).unwrap_err()
    };
    assert_eq!(with("Effect", json!("allow")), "statement 1: Effect is either Allow or Deny");
    assert_eq!(with("NotAction", json!("a:b")), "statement 1: it needs either Action or NotAction");
    assert_eq!(with("Principal", json!("*")), "statement 1: the policy of an identity names no principal");
    assert_eq!(with("Resource", json!("vpc")), "statement 1: the resource \"vpc\" is neither an ARN nor *");
    assert!(with("Action", json!("CreateVpc")).contains("needs a service's prefix"));
    assert_eq!(with("Actions", json!("a:b")), "statement 1: there is no element Actions");
    assert!(with("Sid", json!("a b")).contains("letters and digits"));
    assert!(with("Condition", json!({"StringIs": {"aws:x": "y"}})).contains("operator StringIs does not exist"));
    assert!(
        with("Condition", json!({"NumericEquals": {"aws:x": "y"}})).contains("\"y\" is no value for NumericEquals")
    );
    assert!(with("Condition", json!({"Bool": {"x": "true"}})).contains("no prefix"));
    assert_eq!(Policy::of_identity(&json!([])).unwrap_err(), "a policy is a JSON object");
    assert_eq!(Policy::of_identity(&json!({})).unwrap_err(), "Statement is missing");
    let twice = json!({"Sid": "A", "Effect": "Allow", "Action": "*", "Resource": "*"});
    let twice = Policy::of_identity(&json!({"Statement": [twice, twice]})).unwrap_err();
    assert_eq!(twice, "two statements have the Sid A");
}
