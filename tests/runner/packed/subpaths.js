// packed.ts writes every subpath here.
export {};
