import { containerApp } from "./container-app";
import { managedEnvironment } from "./environment";
import { job } from "./job";
import { managedCertificate } from "./managed-certificate";

export const appRules = [managedEnvironment, containerApp, job, managedCertificate];
