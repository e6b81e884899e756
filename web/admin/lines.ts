/** Lines of the configuration file (TOML) to copy, where the file alone can say it. */
export const encrypting = `listen = "0.0.0.0:8443"

[tls]
mode = "auto"
http_listen = "0.0.0.0:8080"`;
