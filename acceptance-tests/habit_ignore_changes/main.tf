terraform {
  required_providers {
    privgw = { source = "privgw/privgw" }
  }
}

provider "privgw" {}

variable "vpc_id" {
  type = string
}

variable "subnet_ids" {
  type = list(string)
}

variable "security_group_id" {
  type = string
}

variable "other_vpc_id" {
  type = string
}

variable "foreign_subnet_id" {
  type = string
}

variable "changed" {
  description = "The attributes that have changed."
  type        = set(string)
  default     = []
}

locals {
  deny = { Effect = "Deny", Principal = "*", Action = "execute-api:Invoke" }
  # Every attribute that can be configured: what it was, and what it is when it has changed.
  values = {
    api               = [{ api_key_source = "HEADER" }, { api_key_source = "AUTHORIZER" }]
    description       = ["As it was", "As it is"]
    load_balancer     = [{ cross_zone_enabled = true }, { cross_zone_enabled = false }]
    name              = ["was", "is"]
    on_create_failure = ["keep", "rollback"]
    policy = [
      { statements = jsonencode(merge(local.deny, { Resource = "execute-api:/*/DELETE/*" })) },
      { statements = jsonencode(merge(local.deny, { Resource = "execute-api:/*/PUT/*" })) },
    ]
    preflight = [true, false]
    openapi   = [null, file("${path.module}/document.json")]
    routes    = [{ "GET /products" = { backend = "products" } }, { "ANY /products" = { backend = "products" } }]
    stage     = [{ name = "v1" }, { name = "v2" }]
    tags      = [{ team = "was" }, { team = "is" }]
    vpc_link  = [null, { id = null }]
    timeouts  = [{ create = "40m" }, { create = "50m" }]
    vpc_id    = [var.vpc_id, var.other_vpc_id]
    # Another VPC needs subnets of it.
    subnet_ids = [
      slice(var.subnet_ids, 0, 2),
      contains(var.changed, "vpc_id") ? [var.foreign_subnet_id] : var.subnet_ids,
    ]
    backends = [
      { products = { port = 3001, targets = ["172.31.0.10"] } },
      { products = { port = 3002, targets = ["172.31.0.10"] } },
    ]
    endpoint = [
      { private_dns_enabled = false, allowed_cidr_blocks = ["0.0.0.0/0"] },
      { private_dns_enabled = false, allowed_cidr_blocks = ["172.31.0.0/16"] },
    ]
  }
  is = { for name, _ in local.values : name => contains(var.changed, name) ? 1 : 0 }
}

# Without it, everything is noticed: so much for whether the others could notice it.
resource "privgw_internal_api" "noticed" {
  name              = "noticed-${local.values.name[local.is.name]}"
  description       = local.values.description[local.is.description]
  vpc_id            = local.values.vpc_id[local.is.vpc_id]
  subnet_ids        = local.values.subnet_ids[local.is.subnet_ids]
  endpoint          = local.values.endpoint[local.is.endpoint]
  load_balancer     = local.values.load_balancer[local.is.load_balancer]
  vpc_link          = local.values.vpc_link[local.is.vpc_link]
  backends          = local.values.backends[local.is.backends]
  openapi           = local.values.openapi[local.is.openapi]
  routes            = contains(var.changed, "openapi") ? null : local.values.routes[local.is.routes]
  policy            = local.values.policy[local.is.policy]
  stage             = local.values.stage[local.is.stage]
  api               = local.values.api[local.is.api]
  tags              = local.values.tags[local.is.tags]
  on_create_failure = local.values.on_create_failure[local.is.on_create_failure]
  preflight         = local.values.preflight[local.is.preflight]
  timeouts          = local.values.timeouts[local.is.timeouts]
}

resource "privgw_internal_api" "all" {
  name              = "all-${local.values.name[local.is.name]}"
  description       = local.values.description[local.is.description]
  vpc_id            = local.values.vpc_id[local.is.vpc_id]
  subnet_ids        = local.values.subnet_ids[local.is.subnet_ids]
  endpoint          = local.values.endpoint[local.is.endpoint]
  load_balancer     = local.values.load_balancer[local.is.load_balancer]
  vpc_link          = local.values.vpc_link[local.is.vpc_link]
  backends          = local.values.backends[local.is.backends]
  openapi           = local.values.openapi[local.is.openapi]
  routes            = contains(var.changed, "openapi") ? null : local.values.routes[local.is.routes]
  policy            = local.values.policy[local.is.policy]
  stage             = local.values.stage[local.is.stage]
  api               = local.values.api[local.is.api]
  tags              = local.values.tags[local.is.tags]
  on_create_failure = local.values.on_create_failure[local.is.on_create_failure]
  preflight         = local.values.preflight[local.is.preflight]
  timeouts          = local.values.timeouts[local.is.timeouts]

  lifecycle {
    ignore_changes = all
  }
}

resource "privgw_internal_api" "each" {
  name              = "each-${local.values.name[local.is.name]}"
  description       = local.values.description[local.is.description]
  vpc_id            = local.values.vpc_id[local.is.vpc_id]
  subnet_ids        = local.values.subnet_ids[local.is.subnet_ids]
  endpoint          = local.values.endpoint[local.is.endpoint]
  load_balancer     = local.values.load_balancer[local.is.load_balancer]
  vpc_link          = local.values.vpc_link[local.is.vpc_link]
  backends          = local.values.backends[local.is.backends]
  openapi           = local.values.openapi[local.is.openapi]
  routes            = contains(var.changed, "openapi") ? null : local.values.routes[local.is.routes]
  policy            = local.values.policy[local.is.policy]
  stage             = local.values.stage[local.is.stage]
  api               = local.values.api[local.is.api]
  tags              = local.values.tags[local.is.tags]
  on_create_failure = local.values.on_create_failure[local.is.on_create_failure]
  preflight         = local.values.preflight[local.is.preflight]
  timeouts          = local.values.timeouts[local.is.timeouts]

  lifecycle {
    ignore_changes = [
      name,
      description,
      vpc_id,
      subnet_ids,
      endpoint,
      load_balancer,
      vpc_link,
      backends,
      routes,
      openapi,
      policy,
      stage,
      api,
      tags,
      on_create_failure,
      preflight,
      timeouts,
    ]
  }
}

output "noticed" {
  value = privgw_internal_api.noticed
}

output "all" {
  value = privgw_internal_api.all
}

output "each" {
  value = privgw_internal_api.each
}

# Whoever adds an attribute adds it above, or here.
output "unconfigurable" {
  value = join(" ", setsubtract(keys(privgw_internal_api.noticed), keys(local.values)))
}
