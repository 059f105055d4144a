import { containerApp } from "./container-app";
import { certificate, managedCertificate } from "./custom-domain";
import { managedEnvironment } from "./environment";
import { job } from "./job";

export const appRules = [managedEnvironment, containerApp, job, certificate, managedCertificate];
