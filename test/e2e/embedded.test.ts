import { chargesWhatWasServed } from "./charges-what-was-served.js";

chargesWhatWasServed("embedded", async () => ({ stop: async () => undefined }));
