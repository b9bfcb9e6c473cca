import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { post, ProblemError, useAnswer } from "../data/ask.js";
import type { Approval, Decisions } from "../data/shapes.js";

export type Waiting = Decisions["waiting"][number];

/** What waits for somebody, and what whoever looks may decide; undefined until it is known. */
export function useDecisions(): Decisions | undefined {
  return useAnswer<Decisions>("/decisions").data;
}

interface Acting {
  /** Does it, and asks everything on the page again. @returns whether it is done */
  readonly act: (path: string, body: object) => Promise<boolean>;
  readonly isActing: boolean;
  /** How far it is, where that takes a while. */
  readonly underWay: Waiting["underWay"];
  readonly problem: ProblemError | undefined;
}

export function useAct(): Acting {
  const client = useQueryClient();
  const [isActing, setActing] = useState(false);
  const [underWay, setUnderWay] = useState<Waiting["underWay"]>();
  const [problem, setProblem] = useState<ProblemError>();
  const act = async (path: string, body: object): Promise<boolean> => {
    setActing(true);
    setProblem(undefined);
    try {
      // What takes long is asked for again until it has ended; it is done once.
      for (;;) {
        const answer = await post<Partial<Approval>>(path, body);
        if (answer.state !== "under-way") break;
        setUnderWay(answer.underWay);
      }
      return true;
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      setProblem(error);
      return false;
    } finally {
      setUnderWay(undefined);
      setActing(false);
      // Also after a refusal: somebody else may have decided meanwhile.
      await client.invalidateQueries();
    }
  };
  return { act, isActing, underWay, problem };
}
