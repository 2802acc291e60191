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

variable "other_security_group_id" {
  type = string
}

variable "other_vpc_endpoint_id" {
  type = string
}

variable "step" {
  description = "Which of the steps below to be at."
  type        = string
}

locals {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = "*"
      Action    = "execute-api:Invoke"
      Resource  = "*"
    }]
  })

  steps = {
    start      = { allowed_security_group_ids = [var.security_group_id] }
    callers    = { allowed_security_group_ids = [var.security_group_id, var.other_security_group_id] }
    blocks     = { allowed_cidr_blocks = ["10.0.0.0/8", "172.31.7.9/16"] }
    prefixes   = { allowed_prefix_list_ids = ["pl-6da54004"] }
    subnets    = { allowed_cidr_blocks = ["10.0.0.0/8"], subnet_ids = [var.subnet_ids[0]] }
    endpoint   = { allowed_cidr_blocks = ["10.0.0.0/8"], policy = local.policy }
    additional = { allowed_cidr_blocks = ["10.0.0.0/8"], additional_ids = [var.other_vpc_endpoint_id] }
    public     = { allowed_cidr_blocks = ["10.0.0.0/8"], private_dns_enabled = false }
    own        = { security_group_ids = [var.other_security_group_id] }
  }
}

resource "privgw_internal_api" "test" {
  name       = "endpoint"
  vpc_id     = var.vpc_id
  subnet_ids = var.subnet_ids
  endpoint   = local.steps[var.step]
  backends   = { products = { port = 3001, targets = ["172.31.0.10"] } }
  routes     = { "GET /products" = { backend = "products" } }
  stage      = { name = "v1" }
}

output "api" {
  value = privgw_internal_api.test
}
