terraform {
  required_providers {
    privgw = { source = "privgw/privgw" }
  }
}

provider "privgw" {
  default_tags = var.default_tags
}

variable "default_tags" {
  type    = object({ tags = map(string) })
  default = { tags = { team = "platform", stage = "test" } }
}

variable "vpc_id" {
  type = string
}

variable "subnet_ids" {
  type = list(string)
}

variable "security_group_id" {
  type = string
}

variable "step" {
  description = "Which of the steps below to be at."
  type        = string
}

locals {
  steps = {
    start = null
    own   = { owner = "shop", colour = "blue" }
    fewer = { owner = "market" }
    over  = { team = "other" }
  }
}

resource "privgw_internal_api" "test" {
  name       = "tags"
  vpc_id     = var.vpc_id
  subnet_ids = var.subnet_ids
  endpoint   = { allowed_security_group_ids = [var.security_group_id] }
  backends   = { products = { port = 3001, targets = ["172.31.0.10"] } }
  routes     = { "GET /products" = { backend = "products" } }
  stage      = { name = "v1" }
  tags       = local.steps[var.step]
}

output "api" {
  value = privgw_internal_api.test
}
