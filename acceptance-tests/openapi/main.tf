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

variable "form" {
  description = "How the document is written: as it is in its file, or in JSON."
  type        = string
  default     = "yaml"
}

variable "paths" {
  description = "Which paths of the document there are."
  type        = list(string)
  default     = ["/products", "/users/{proxy+}"]
}

variable "more" {
  description = "More of the document."
  type        = any
  default     = {}
}

locals {
  text     = file("${path.module}/shop.yaml")
  whole    = yamldecode(local.text)
  document = merge(local.whole, { paths = { for path in var.paths : path => local.whole.paths[path] } }, var.more)
}

resource "privgw_internal_api" "test" {
  name       = "openapi"
  vpc_id     = var.vpc_id
  subnet_ids = var.subnet_ids
  endpoint   = { allowed_security_group_ids = [var.security_group_id] }
  backends = {
    products = { port = 3001, targets = ["172.31.0.10"] }
    users    = { port = 3002, targets = ["172.31.0.10"] }
  }
  openapi = var.form == "yaml" ? local.text : jsonencode(local.document)
  stage   = { name = "v1" }
}

output "api" {
  value = privgw_internal_api.test
}
