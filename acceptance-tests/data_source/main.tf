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

resource "privgw_internal_api" "test" {
  name       = "data"
  vpc_id     = var.vpc_id
  subnet_ids = var.subnet_ids
  endpoint   = { allowed_security_group_ids = [var.security_group_id] }
  backends   = { products = { port = 3001, targets = ["172.31.0.10"] } }
  routes     = { "GET /products" = { backend = "products" } }
  stage      = { name = "v1" }
}

# Another root of the estate: what it reads is what the resource says.
data "privgw_internal_api" "by_name" {
  name       = "data"
  depends_on = [privgw_internal_api.test]
}

data "privgw_internal_api" "by_id" {
  rest_api_id = privgw_internal_api.test.id
}

output "api" {
  value = privgw_internal_api.test
}

output "url" {
  value = data.privgw_internal_api.by_name.invoke_url
}

output "agree" {
  value = alltrue([
    for found in [data.privgw_internal_api.by_name, data.privgw_internal_api.by_id] : alltrue([
      found.rest_api_id == privgw_internal_api.test.id,
      found.target_groups["products"].arn == privgw_internal_api.test.target_groups["products"].arn,
      found.nlb_cidr_blocks == privgw_internal_api.test.nlb_cidr_blocks,
      found.stage_name == "v1",
    ])
  ]) ? "yes" : "no"
}
