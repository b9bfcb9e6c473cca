/** Runs of jobs that have a date or a number for a name are one workload. An expression of SQL over `controller_kind` and `controller`. */
export const WORKLOAD =
  "if(controller_kind IN ('job', 'cronjob'), replaceRegexpOne(controller, '[-_.]?[0-9]{4,}.*$', '-*'), controller)";
