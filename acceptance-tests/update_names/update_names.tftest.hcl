run "start" {
  variables {
    step = "start"
  }
  assert {
    condition     = output.api.name == "shop"
    error_message = "The name is the configuration's."
  }
}

run "start_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "start"
  }
  assert {
    condition     = output.api == run.start.api
    error_message = "What AWS has must be what was applied."
  }
}

run "start_again" {
  command = plan
  variables {
    step = "start"
  }
  assert {
    condition     = output.api == run.start.api
    error_message = "The second plan must be empty."
  }
}

run "described" {
  variables {
    step = "described"
  }
  assert {
    condition     = output.api.id == run.start.api.id && output.api.invoke_url == run.start.api.invoke_url && output.api.vpc_endpoint_id == run.start.api.vpc_endpoint_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.nlb_arn == run.start.api.nlb_arn && output.api.vpc_link_id == run.start.api.vpc_link_id
    error_message = "Load balancer and VPC link survive."
  }
  assert {
    condition     = output.api.description == "The shop's API"
    error_message = "The description is the configuration's."
  }
  assert {
    condition     = output.api.deployment_id == run.start.api.deployment_id
    error_message = "What is deployed didn't change, so it isn't deployed again."
  }
}

run "described_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "described"
  }
  assert {
    condition     = output.api == run.described.api
    error_message = "What AWS has must be what was applied."
  }
}

run "described_again" {
  command = plan
  variables {
    step = "described"
  }
  assert {
    condition     = output.api == run.described.api
    error_message = "The second plan must be empty."
  }
}

run "renamed" {
  variables {
    step = "renamed"
  }
  assert {
    condition     = output.api.id == run.described.api.id && output.api.invoke_url == run.described.api.invoke_url && output.api.vpc_endpoint_id == run.described.api.vpc_endpoint_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.nlb_arn == run.described.api.nlb_arn && output.api.vpc_link_id == run.described.api.vpc_link_id
    error_message = "Load balancer and VPC link survive."
  }
  assert {
    condition     = output.api.target_groups == run.described.api.target_groups && output.api.children == run.described.api.children
    error_message = "Children keep the names that they were made with."
  }
  assert {
    condition     = output.api.deployment_id == run.described.api.deployment_id
    error_message = "What is deployed didn't change, so it isn't deployed again."
  }
}

run "renamed_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "renamed"
  }
  assert {
    condition     = output.api == run.renamed.api
    error_message = "What AWS has must be what was applied."
  }
}

run "renamed_again" {
  command = plan
  variables {
    step = "renamed"
  }
  assert {
    condition     = output.api == run.renamed.api
    error_message = "The second plan must be empty."
  }
}

run "bare" {
  variables {
    step = "bare"
  }
  assert {
    condition     = output.api.id == run.renamed.api.id && output.api.invoke_url == run.renamed.api.invoke_url && output.api.vpc_endpoint_id == run.renamed.api.vpc_endpoint_id
    error_message = "The API, its URL and its endpoint survive."
  }
  assert {
    condition     = output.api.description == null
    error_message = "The description is gone."
  }
  assert {
    condition     = output.api.deployment_id == run.renamed.api.deployment_id
    error_message = "What is deployed didn't change, so it isn't deployed again."
  }
}

run "bare_seen" {
  command = plan
  plan_options {
    mode = refresh-only
  }
  variables {
    step = "bare"
  }
  assert {
    condition     = output.api == run.bare.api
    error_message = "What AWS has must be what was applied."
  }
}

run "bare_again" {
  command = plan
  variables {
    step = "bare"
  }
  assert {
    condition     = output.api == run.bare.api
    error_message = "The second plan must be empty."
  }
}

run "request" {
  module {
    source = "./request"
  }
  variables {
    url = "${run.bare.api.invoke_url}/products"
  }
}
