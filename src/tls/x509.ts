import "reflect-metadata"; // before the library, which is built on it

export * from "@peculiar/x509";
