//! The VPC link (V1): API Gateway's way to the load balancer.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/vpc-links-v1.html>

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_apigateway::types::VpcLinkStatus;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::aws::{API_PAGE, Aws, AwsError, gone_is_fine, tags};
use crate::child::{Change, ChildName, Input, Kind, Live, Patience, Scope, Slow, Status, Tagging, Task, Wanted, spec};

/// The name of the kind, of which a bundle has one.
pub const KIND: &str = "vpc_link";

/// What the VPC link should be. AWS has no description limit worth a field of its own; the link's name says whose it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct VpcLink {
    /// The load balancer. It must be active when the link is made, or the link fails for good.
    pub target_arn: Input<String>,
}

/// See [`KIND`].
pub struct VpcLinkKind;

impl Kind for VpcLinkKind {
    fn name(&self) -> &'static str {
        KIND
    }

    fn observe<'a>(&'a self, aws: &'a Aws, scope: &'a Scope) -> Task<'a, Vec<Live>> {
        Box::pin(async move {
            let links = all(aws).await?;
            let mut found = Vec::new();
            for link in &links {
                let (name, id) = (link.name().unwrap_or_default(), link.id().unwrap_or_default());
                if !scope.may_be_ours(KIND, name, id) {
                    continue;
                }
                // Lists don't carry tags, so each of ours (usually one) is read by itself.
                let known = Live { id: id.to_string(), ..blank() };
                found.extend(self.get(aws, &known).await?);
            }
            Ok(found)
        })
    }

    fn create<'a>(&'a self, aws: &'a Aws, wanted: &'a Wanted) -> Task<'a, Live> {
        Box::pin(async move {
            let want: Resolved = wanted.typed()?;
            let call = aws.api.create_vpc_link().name(&wanted.aws_name).target_arns(&want.target_arn);
            let call = call.set_tags(Some(wanted.tags.clone().into_iter().collect()));
            let answer = aws.api.ask("CreateVpcLink", |_| call.clone().send()).await?;
            let id = answer.id().ok_or_else(|| AwsError::incomplete("CreateVpcLink", "id"))?;
            let seen = Seen {
                id,
                name: answer.name(),
                targets: answer.target_arns(),
                status: answer.status(),
                message: answer.status_message(),
                tags: answer.tags(),
            };
            Ok(Live { name: wanted.name.clone(), tags: Some(wanted.tags.clone()), ..seen.live(aws) })
        })
    }

    /// Its only property can't change in place.
    fn update<'a>(
        &'a self,
        _aws: &'a Aws,
        live: &'a Live,
        wanted: &'a Wanted,
        _changes: &'a [Change],
    ) -> Task<'a, Live> {
        Box::pin(async move { Ok(Live { spec: wanted.spec.clone(), ..live.clone() }) })
    }

    fn delete<'a>(&'a self, aws: &'a Aws, live: &'a Live) -> Task<'a, ()> {
        Box::pin(async move {
            let delete = |api: &aws_sdk_apigateway::Client| api.delete_vpc_link().vpc_link_id(&live.id).send();
            gone_is_fine(aws.api.ask("DeleteVpcLink", delete).await)
        })
    }

    fn replaces(&self, change: &Change) -> bool {
        change.field == "target_arn"
    }

    fn tagging(&self) -> Tagging {
        Tagging::ApiGateway
    }

    fn slow(&self) -> Option<&dyn Slow> {
        Some(self)
    }
}

impl Slow for VpcLinkKind {
    fn get<'a>(&'a self, aws: &'a Aws, known: &'a Live) -> Task<'a, Option<Live>> {
        Box::pin(async move {
            match aws.api.ask("GetVpcLink", |api| api.get_vpc_link().vpc_link_id(&known.id).send()).await {
                Ok(answer) => {
                    let seen = Seen {
                        id: &known.id,
                        name: answer.name(),
                        targets: answer.target_arns(),
                        status: answer.status(),
                        message: answer.status_message(),
                        tags: answer.tags(),
                    };
                    Ok(Some(Live { name: known.name.clone(), ..seen.live(aws) }))
                }
                Err(error) if error.is_not_found() => Ok(None),
                Err(error) => Err(error),
            }
        })
    }

    /// Two to ten minutes are usual; hashicorp/aws waits twenty for each.
    fn patience(&self) -> Patience {
        Patience { ready: Duration::from_secs(1200), gone: Duration::from_secs(1200) }
    }

    /// A load balancer is held for some seconds after its last link has gone.
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/vpc-links-v1.html>
    fn passes(&self, reason: &str) -> bool {
        reason.contains("already associated with another VPC Endpoint Service")
    }
}

/// The only VPC link of a bundle.
pub fn child() -> ChildName {
    ChildName::single(KIND)
}

/// A link, whoever's it is.
pub struct Link {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The load balancer that it leads to.
    pub target: String,
}

/// Every link of the account and region.
pub async fn list(aws: &Aws) -> Result<Vec<Link>, AwsError> {
    let link = |link: &aws_sdk_apigateway::types::VpcLink| {
        let (name, target) = (link.name().unwrap_or_default().to_string(), link.target_arns().first()?.clone());
        Some(Link { id: link.id()?.to_string(), name, target })
    };
    Ok(all(aws).await?.iter().filter_map(link).collect())
}

async fn all(aws: &Aws) -> Result<Vec<aws_sdk_apigateway::types::VpcLink>, AwsError> {
    let pages = |api: &aws_sdk_apigateway::Client| {
        api.get_vpc_links().limit(API_PAGE).into_paginator().items().send().collect::<Result<Vec<_>, _>>()
    };
    aws.api.ask("GetVpcLinks", pages).await
}

#[derive(Deserialize)]
struct Resolved {
    target_arn: String,
}

struct Seen<'a> {
    id: &'a str,
    name: Option<&'a str>,
    targets: &'a [String],
    status: Option<&'a VpcLinkStatus>,
    message: Option<&'a str>,
    tags: Option<&'a HashMap<String, String>>,
}

impl Seen<'_> {
    fn live(&self, aws: &Aws) -> Live {
        let arn = aws.place.api_arn(&format!("/vpclinks/{}", self.id));
        let status = match self.status {
            Some(VpcLinkStatus::Available) => Status::Ready,
            Some(VpcLinkStatus::Deleting) => Status::Deleting,
            Some(VpcLinkStatus::Failed) => Status::Failed(self.message.unwrap_or("no reason given").to_string()),
            other => Status::Pending(other.map_or("PENDING", |status| status.as_str()).to_string()),
        };
        Live {
            id: self.id.to_string(),
            spec: spec(&json!({"target_arn": self.targets.first()})),
            outputs: [("id", json!(self.id)), ("arn", json!(arn)), ("aws_name", json!(self.name))]
                .map(|(key, value)| (key.to_string(), value))
                .into(),
            tags: Some(tags::from_api_gateway(self.tags)),
            status,
            ..blank()
        }
    }
}

fn blank() -> Live {
    Live {
        name: child(),
        id: String::new(),
        spec: crate::child::Spec::new(),
        outputs: crate::child::Outputs::new(),
        tags: None,
        status: Status::Ready,
        created: 0,
    }
}
