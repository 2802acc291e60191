# The article's own root, one commit later: its API has moved to the resource that stands beside this file, and everything else that
# makes it up is let go without being destroyed.

terraform {
  required_providers {
    privgw = { source = "privgw/privgw" }
    aws = {
      source  = "registry.terraform.io/hashicorp/aws"
      version = "5.100.0"
    }
  }
}

provider "privgw" {}

provider "aws" {
  endpoints {
    apigateway = var.aws_url
    ec2        = var.aws_url
    elbv2      = var.aws_url
    sts        = var.aws_url
  }
}

variable "aws_url" {
  type = string
}

moved {
  from = aws_api_gateway_rest_api.this
  to   = privgw_internal_api.this
}

output "rest_api_id" {
  value = privgw_internal_api.this.id
}

output "invoke_url" {
  value = privgw_internal_api.this.invoke_url
}

removed {
  from = aws_security_group.endpoint
  lifecycle {
    destroy = false
  }
}

removed {
  from = aws_security_group_rule.outbound
  lifecycle {
    destroy = false
  }
}

removed {
  from = aws_security_group_rule.inbound
  lifecycle {
    destroy = false
  }
}

removed {
  from = aws_vpc_endpoint.this
  lifecycle {
    destroy = false
  }
}

removed {
  from = aws_lb.internal
  lifecycle {
    destroy = false
  }
}

removed {
  from = aws_lb_target_group.this
  lifecycle {
    destroy = false
  }
}

removed {
  from = aws_lb_listener.this
  lifecycle {
    destroy = false
  }
}

removed {
  from = aws_api_gateway_vpc_link.this
  lifecycle {
    destroy = false
  }
}

removed {
  from = aws_api_gateway_rest_api_policy.this
  lifecycle {
    destroy = false
  }
}

removed {
  from = aws_api_gateway_resource.this
  lifecycle {
    destroy = false
  }
}

removed {
  from = aws_api_gateway_method.this
  lifecycle {
    destroy = false
  }
}

removed {
  from = aws_api_gateway_integration.this
  lifecycle {
    destroy = false
  }
}

removed {
  from = aws_api_gateway_deployment.this
  lifecycle {
    destroy = false
  }
}

removed {
  from = aws_api_gateway_stage.this
  lifecycle {
    destroy = false
  }
}

removed {
  from = aws_api_gateway_method_settings.this
  lifecycle {
    destroy = false
  }
}

removed {
  from = aws_lb_target_group_attachment.tasks
  lifecycle {
    destroy = false
  }
}
