"""Words applied to firms: names become panel columns, samples and groups become conditions."""
