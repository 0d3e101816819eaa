export { default } from "../../../samples/interview.flac?url";
