import { forgetSecrets } from "./secret.js";

// Before each file of tests: files share a process, and what is a secret in one is a word in the next.
forgetSecrets();
