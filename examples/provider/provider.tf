terraform {
  required_providers {
    privgw = {
      source = "privgw/privgw"
    }
  }
}

# Region and credentials come from where the AWS provider takes them: the environment, shared files, the container or the instance.
provider "privgw" {
  region = "eu-central-1"

  default_tags = {
    tags = {
      team = "shop"
    }
  }
}
