/** How the comment of a table or view begins that nobody reads but the services: the read-only user of the embedded mode, and roles of a server, do not. */
export const SERVICES_ONLY = "Services only: ";
