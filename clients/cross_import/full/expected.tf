# The full bundle, in the AWS provider's words.

locals {
  bundle                   = "full"
  children                 = privgw_internal_api.full.children
  owner                    = privgw_internal_api.full.owner
  execution_arn            = privgw_internal_api.full.execution_arn
  own_tags                 = { cost = "1", team = "shop" }
  description              = "Most settings"
  binary_media_types       = ["image/png"]
  minimum_compression_size = "1024"
  callers                  = { groups = [var.frontend_security_group_id], blocks = ["10.0.0.0/8", "172.31.0.0/16"] }
  endpoint_subnets         = slice(var.subnet_ids, 0, 2)
  cross_zone               = false
  stage                    = { description = "The first", variables = { colour = "red" }, tracing = true }
  settings = {
    "*/*" = { rate = 100, burst = 50 }
    # The console and CloudFormation write paths in this way, and so does the provider.
    # One setting of a method brings AWS's defaults of the others with it.
    "~1items/GET" = { metrics = true, rate = 10000, burst = 5000 }
  }

  # The provider sends policies in a normal form. The AWS provider doesn't know that "*" means the same principals.
  endpoint_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow", Principal = { AWS = "*" }, Action = "execute-api:Invoke", Resource = "arn:aws:execute-api:*:*:*"
    }]
  })

  # Names follow from those of bundle and child, wherever it is made.
  names = {
    "security_group/endpoint"      = "full-endpoint-a18b86af5744"
    "security_group/load_balancer" = "full-load-balancer-a18b86fd786b"
    "load_balancer"                = "full-a18b86a62033"
    "vpc_link"                     = "full-a18b8651cfb0"
  }
  target_groups = {
    plain = { port = 3001, name = "full-plain-a18b866b9b38" }
    secure = {
      port                   = 8443
      listener_port          = 443
      name                   = "full-secure-a18b865a9390"
      deregistration_delay   = 30
      connection_termination = true
      preserve_client_ip     = true
      health_check = {
        protocol            = "HTTPS"
        path                = "/health"
        matcher             = "200"
        interval            = 20
        timeout             = 5
        healthy_threshold   = 3
        unhealthy_threshold = 3
      }
    }
  }

  # Resources and their parents, and the methods on some of them.
  resources = {
    "/items"      = "/"
    "/items/{id}" = "/items"
    "/{proxy+}"   = "/"
  }
  methods = {
    "/"      = { verb = "GET", uri = "3001/", type = "HTTP" }
    "/items" = { verb = "GET", uri = "3001/items", timeout = 5000 }
    "/items/{id}" = {
      verb          = "POST"
      back_verb     = "PUT"
      uri           = "3001/v2/{id}"
      authorization = "AWS_IAM"
      declared      = { "method.request.path.id" = true }
      mapped = {
        "integration.request.path.id"          = "method.request.path.id"
        "integration.request.header.X-Request" = "context.requestId"
      }
    }
    "/{proxy+}" = {
      verb             = "ANY"
      scheme           = "https"
      uri              = "443/{proxy}"
      api_key_required = true
      declared         = { "method.request.path.proxy" = true }
      mapped           = { "integration.request.path.proxy" = "method.request.path.proxy" }
    }
  }
}
