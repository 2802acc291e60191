terraform {
  required_providers {
    privgw = { source = "privgw/privgw" }
  }
}

provider "privgw" {}

variable "api" {
  type = string
}

import {
  to = privgw_internal_api.found
  id = var.api
}
