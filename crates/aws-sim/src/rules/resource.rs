//! Resources.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::fixture::{Api, BAD_REQUEST, CONFLICT, LIMIT_EXCEEDED, NOT_FOUND, operations};
use super::{MODEL, RECORDED, Rule, left_out, proof, sourced, unverified};
use crate::testing::{Caller, text};

const TOPIC: &str = "9.1 Resources";
/// LocalStack quotes the service's message in its code.
const LOCALSTACK: &str = "localstack/localstack, API Gateway provider";
const UNKNOWN: &str = "Invalid Resource identifier specified";

pub const RULES: &[Rule] = &[
    left_out(
        TOPIC,
        "`/ping` and `/sping` at the root are reserved where there is a custom domain.",
        "there are no custom domains",
    ),
    sourced(
        TOPIC,
        "CreateResource answers 201 with id (six characters), parentId, pathPart and path, and no resourceMethods.",
        RECORDED,
        proof!(create),
    ),
    sourced(
        TOPIC,
        "The id of the root resource has ten characters; the root is shown with id and path only.",
        RECORDED,
        proof!(root),
    ),
    sourced(TOPIC, "A path part has a fixed alphabet.", LOCALSTACK, proof!(alphabet)),
    sourced(
        TOPIC,
        "A variable is a whole segment in braces; a greedy one ends with a plus.",
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html",
        proof!(variables),
    ),
    sourced(TOPIC, "A path part must be given.", LOCALSTACK, proof!(missing_part)),
    sourced(TOPIC, "A second child of the same name is a conflict.", RECORDED, proof!(same_name)),
    sourced(
        TOPIC,
        "A resource has one child with a variable at most, greedy or not.",
        "badmintoncryer/cdk-preflight; LocalStack's AWS-validated snapshots",
        proof!(variable_siblings),
    ),
    sourced(TOPIC, "A variable and fixed names can be siblings.", RECORDED, proof!(mixed_siblings)),
    sourced(TOPIC, "A greedy variable has no children.", RECORDED, proof!(greedy_leaf)),
    sourced(TOPIC, "An unknown parent is not found.", RECORDED, proof!(unknown_parent)),
    sourced(TOPIC, "An API has 300 resources at most.", "hashicorp/terraform-provider-aws#37605", proof!(quota)),
    unverified(TOPIC, "The root counts as one of the 300.", proof!(root_counts)),
    sourced(TOPIC, "UpdateResource renames; the paths below follow.", RECORDED, proof!(rename)),
    sourced(TOPIC, "UpdateResource moves a resource to another parent.", RECORDED, proof!(move_it)),
    sourced(TOPIC, "UpdateResource knows two paths and one operation.", RECORDED, proof!(patch_paths)),
    sourced(TOPIC, "A resource cannot be moved below itself.", RECORDED, proof!(cyclical)),
    sourced(TOPIC, "The root is neither renamed nor moved.", RECORDED, proof!(root_stays)),
    sourced(TOPIC, "Updates of and to unknown resources are not found.", RECORDED, proof!(unknown_in_update)),
    sourced(TOPIC, "A rename or move to a name that is taken is a conflict.", RECORDED, proof!(taken_in_update)),
    sourced(TOPIC, "Patches are applied all or none.", MODEL, proof!(all_or_none)),
    unverified(TOPIC, "A variable can be renamed in place.", proof!(rename_variable)),
    unverified(TOPIC, "No update puts a resource below a greedy variable.", proof!(greedy_in_update)),
    sourced(TOPIC, "DeleteResource answers 202 and takes everything below along.", RECORDED, proof!(delete)),
    unverified(TOPIC, "The root cannot be deleted.", proof!(delete_root)),
    sourced(TOPIC, "GetResources has pages of 25, or of as many as `limit` says, up to 500.", MODEL, proof!(pages)),
    sourced(
        TOPIC,
        "GetResources lists by id, which is no useful order.",
        "aws-cloudformation/cloudformation-coverage-roadmap#1364",
        proof!(order),
    ),
    sourced(
        TOPIC,
        "Without `embed=methods` a resource shows its verbs with empty objects, with it whole methods.",
        RECORDED,
        proof!(embed),
    ),
];

async fn create(aws: Caller) {
    let api = Api::new(aws).await;
    let made = api.made("POST", &format!("/resources/{}", api.root), json!({"pathPart": "pets"})).await;
    let id = text(&made, "id");
    assert_eq!(made, json!({"id": id, "parentId": api.root, "pathPart": "pets", "path": "/pets"}));
    assert_eq!((id.len(), api.get(&format!("/resources/{id}")).await), (6, made));
}

async fn root(aws: Caller) {
    let api = Api::new(aws).await;
    assert_eq!(api.root.len(), 10);
    assert_eq!(api.get("/resources").await, json!({"item": [{"id": api.root, "path": "/"}]}));
}

async fn alphabet(aws: Caller) {
    let api = Api::new(aws).await;
    for part in ["a b", "a/b", "ü", "a%20b"] {
        refused_part(&api, part).await;
    }
    api.resource(&api.root, "aZ09._-:").await;
}

async fn variables(aws: Caller) {
    let api = Api::new(aws).await;
    for part in ["{id", "id}", "x-{id}", "{}", "{+}", "{id}+"] {
        refused_part(&api, part).await;
    }
    let pets = api.resource(&api.root, "{id}").await;
    api.resource(&pets, "{proxy+}").await;
}

async fn refused_part(api: &Api, part: &str) {
    let message = "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end.";
    api.refuses("POST", &format!("/resources/{}", api.root), json!({"pathPart": part}), BAD_REQUEST, message).await;
}

async fn missing_part(aws: Caller) {
    let api = Api::new(aws).await;
    let message = "Resource's path part must be specified";
    api.refuses("POST", &format!("/resources/{}", api.root), json!({}), BAD_REQUEST, message).await;
}

async fn same_name(aws: Caller) {
    let api = Api::new(aws).await;
    api.resource(&api.root, "pets").await;
    let message = "Another resource with the same parent already has this name: pets";
    api.refuses("POST", &format!("/resources/{}", api.root), json!({"pathPart": "pets"}), CONFLICT, message).await;
}

async fn variable_siblings(aws: Caller) {
    let api = Api::new(aws).await;
    api.resource(&api.root, "{id}").await;
    let message = "A sibling ({id}) of this resource already has a variable path part -- only one is allowed";
    for part in ["{name}", "{proxy+}"] {
        let path = format!("/resources/{}", api.root);
        api.refuses("POST", &path, json!({"pathPart": part}), BAD_REQUEST, message).await;
    }
}

async fn mixed_siblings(aws: Caller) {
    let api = Api::new(aws).await;
    for part in ["{proxy+}", "pets", "dogs"] {
        api.resource(&api.root, part).await;
    }
}

async fn greedy_leaf(aws: Caller) {
    let api = Api::new(aws).await;
    let greedy = api.resource(&api.root, "{proxy+}").await;
    let message = "Cannot create a child of a resource with a greedy path variable: {proxy+}";
    for part in ["child", "{child}"] {
        api.refuses("POST", &format!("/resources/{greedy}"), json!({"pathPart": part}), BAD_REQUEST, message).await;
    }
}

async fn unknown_parent(aws: Caller) {
    let api = Api::new(aws).await;
    api.refuses("POST", "/resources/abc123", json!({"pathPart": "pets"}), NOT_FOUND, UNKNOWN).await;
}

async fn quota(aws: Caller) {
    let api = Api::new(aws).await;
    let message = "Maximum number of Resources for this API has been reached.  Please contact AWS if you need additional Resources.";
    for number in 0..299 {
        api.resource(&api.root, &format!("p{number}")).await;
    }
    let path = format!("/resources/{}", api.root);
    api.refuses("POST", &path, json!({"pathPart": "more"}), LIMIT_EXCEEDED, message).await;
}

async fn root_counts(aws: Caller) {
    let api = Api::new(aws).await;
    for number in 0..299 {
        api.resource(&api.root, &format!("p{number}")).await;
    }
    assert_eq!(api.get("/resources?limit=500").await["item"].as_array().unwrap().len(), 300);
}

async fn rename(aws: Caller) {
    let (api, pets, child) = nested(aws).await;
    let renamed = api.patch(&format!("/resources/{pets}"), &[("replace", "/pathPart", "dogs")]).await;
    assert_eq!(renamed, json!({"id": pets, "parentId": api.root, "pathPart": "dogs", "path": "/dogs"}));
    assert_eq!(api.get(&format!("/resources/{child}")).await["path"], "/dogs/subpets");
}

async fn move_it(aws: Caller) {
    let (api, _, child) = nested(aws).await;
    let moved = api.patch(&format!("/resources/{child}"), &[("replace", "/parentId", &api.root)]).await;
    assert_eq!(moved, json!({"id": child, "parentId": api.root, "pathPart": "subpets", "path": "/subpets"}));
}

async fn patch_paths(aws: Caller) {
    let (api, pets, _) = nested(aws).await;
    let path = format!("/resources/{pets}");
    let message = "Invalid patch path  '/invalid' specified for op 'replace'. Must be one of: [/parentId, /pathPart]";
    api.refuses_patch(&path, &[("replace", "/invalid", "x")], message).await;
    for op in ["add", "remove"] {
        let message =
            format!("Invalid patch path  '/pathPart' specified for op '{op}'. Please choose supported operations");
        api.refuses_patch(&path, &[(op, "/pathPart", "x")], &message).await;
    }
}

async fn cyclical(aws: Caller) {
    let (api, pets, child) = nested(aws).await;
    let message = "Resources cannot be cyclical.";
    api.refuses_patch(&format!("/resources/{pets}"), &[("replace", "/parentId", &child)], message).await;
}

async fn root_stays(aws: Caller) {
    let (api, pets, _) = nested(aws).await;
    let path = format!("/resources/{}", api.root);
    let message = "Root resource cannot update its pathPart.";
    api.refuses_patch(&path, &[("replace", "/pathPart", "x")], message).await;
    let message = "Root resource cannot update its parentId.";
    api.refuses_patch(&path, &[("replace", "/parentId", &pets)], message).await;
}

async fn unknown_in_update(aws: Caller) {
    let (api, pets, _) = nested(aws).await;
    for (path, patched) in [("/resources/abc123".to_owned(), "/pathPart"), (format!("/resources/{pets}"), "/parentId")]
    {
        let body = operations(&[("replace", patched, "abc124")]);
        api.refuses("PATCH", &path, body, NOT_FOUND, UNKNOWN).await;
    }
}

async fn taken_in_update(aws: Caller) {
    let (api, _, child) = nested(aws).await;
    let grandchild = api.resource(&child, "pets").await;
    let message = "Another resource with the same parent already has this name: pets";
    let up = operations(&[("replace", "/parentId", &api.root)]);
    api.refuses("PATCH", &format!("/resources/{grandchild}"), up, CONFLICT, message).await;
    let moved = operations(&[("replace", "/parentId", &api.root), ("replace", "/pathPart", "pets")]);
    api.refuses("PATCH", &format!("/resources/{child}"), moved, CONFLICT, message).await;
}

async fn all_or_none(aws: Caller) {
    let (api, pets, _) = nested(aws).await;
    let path = format!("/resources/{pets}");
    let (status, ..) = api.call("PATCH", &path, &operations(&[("replace", "/pathPart", "x"), ("add", "/y", "")])).await;
    assert_eq!((status, api.get(&path).await["path"].as_str()), (400, Some("/pets")));
}

async fn rename_variable(aws: Caller) {
    let api = Api::new(aws).await;
    let id = api.resource(&api.root, "{a}").await;
    let renamed = api.patch(&format!("/resources/{id}"), &[("replace", "/pathPart", "{b}")]).await;
    assert_eq!(renamed["path"], "/{b}");
}

async fn greedy_in_update(aws: Caller) {
    let (api, pets, child) = nested(aws).await;
    let message = "Cannot create a child of a resource with a greedy path variable: {proxy+}";
    api.refuses_patch(&format!("/resources/{pets}"), &[("replace", "/pathPart", "{proxy+}")], message).await;
    let greedy = api.resource(&api.root, "{proxy+}").await;
    api.refuses_patch(&format!("/resources/{child}"), &[("replace", "/parentId", &greedy)], message).await;
}

async fn delete(aws: Caller) {
    let (api, pets, child) = nested(aws).await;
    api.answer(202, "DELETE", &format!("/resources/{pets}"), Value::Null).await;
    for id in [pets, child] {
        api.refuses("DELETE", &format!("/resources/{id}"), Value::Null, NOT_FOUND, UNKNOWN).await;
    }
    assert_eq!(api.get("/resources").await["item"].as_array().unwrap().len(), 1);
}

async fn delete_root(aws: Caller) {
    let api = Api::new(aws).await;
    let message = "Root resource cannot be deleted.";
    api.refuses("DELETE", &format!("/resources/{}", api.root), Value::Null, BAD_REQUEST, message).await;
}

async fn pages(aws: Caller) {
    let api = Api::new(aws).await;
    for number in 0..30 {
        api.resource(&api.root, &format!("p{number}")).await;
    }
    let first = api.get("/resources").await;
    let second = api.get(&format!("/resources?position={}", text(&first, "position"))).await;
    let ids = |page: &Value| page["item"].as_array().unwrap().iter().map(|item| text(item, "id")).collect::<Vec<_>>();
    assert_eq!((ids(&first).len(), ids(&second).len(), second["position"].as_str()), (25, 6, None));
    let all: BTreeSet<String> = ids(&first).into_iter().chain(ids(&second)).collect();
    assert_eq!((all.len(), ids(&api.get("/resources?limit=500").await).len()), (31, 31));
    assert_eq!(api.call("GET", "/resources?limit=501", &Value::Null).await.0, 400);
}

async fn order(aws: Caller) {
    let api = Api::new(aws).await;
    for part in ["a", "b", "c", "d", "e"] {
        api.resource(&api.root, part).await;
    }
    let listed = api.get("/resources").await;
    let ids: Vec<String> = listed["item"].as_array().unwrap().iter().map(|item| text(item, "id")).collect();
    assert!(ids.is_sorted(), "{ids:?}");
}

async fn embed(aws: Caller) {
    let api = Api::deployable(aws).await;
    let path = format!("/resources/{}", api.root);
    let (plain, one) = (api.get("/resources").await, api.get(&path).await);
    assert_eq!((&plain["item"][0]["resourceMethods"], &one), (&json!({"GET": {}}), &plain["item"][0]));
    for path in ["/resources", &path] {
        let whole = api.get(&format!("{path}?embed=methods")).await;
        let resource = whole["item"].get(0).unwrap_or(&whole);
        assert_eq!(resource["resourceMethods"]["GET"]["methodIntegration"]["type"], "MOCK");
    }
}

/// `/pets/subpets`: the API and both ids.
async fn nested(aws: Caller) -> (Api, String, String) {
    let api = Api::new(aws).await;
    let pets = api.resource(&api.root, "pets").await;
    let child = api.resource(&pets, "subpets").await;
    (api, pets, child)
}
