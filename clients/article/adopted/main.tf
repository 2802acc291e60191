# Another root takes the article's bundle by the id of its API. Terraform writes the resource itself.

terraform {
  required_providers {
    privgw = { source = "privgw/privgw" }
  }
}

provider "privgw" {}

variable "rest_api_id" {
  type = string
}

import {
  to = privgw_internal_api.this
  id = var.rest_api_id
}
