// The validator is a service elsewhere, to which the description would be sent.
SwaggerUIBundle({
  url: "openapi.yaml",
  dom_id: "#interface",
  deepLinking: true,
  validatorUrl: null,
  displayRequestDuration: true,
  persistAuthorization: false,
  presets: [SwaggerUIBundle.presets.apis],
});
